import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const OWNER_ONLY = 0o700

/** A folder for a socket and a file, which only this user may enter. */
export interface WorkDirectory {
  readonly path: string
  /** Removes the folder if it was made here. */
  remove(): Promise<void>
}

/** `chosen` is made if need be and then kept; without it, a new folder is made and removed afterwards. */
export async function openWorkDirectory(chosen: string | undefined): Promise<WorkDirectory> {
  if (chosen === undefined) {
    const path = await mkdtemp(join(tmpdir(), 'meshwork-agent-'))
    return { path, remove: () => rm(path, { recursive: true, force: true }) }
  }
  await mkdir(chosen, { recursive: true, mode: OWNER_ONLY })
  await chmod(chosen, OWNER_ONLY)
  return { path: chosen, remove: () => Promise.resolve() }
}
