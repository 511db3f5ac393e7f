import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerPath } from '../../../scripts/peers/table.ts'
import { PinnedProcess } from './pinned-process.ts'

/** The subject has a core for itself; load and backends share the other. */
export const SUBJECT_CORE = 0
export const LOAD_CORE = 1

/** What one bench has started and written; all of it is gone afterwards. */
export class BenchRun implements AsyncDisposable {
  readonly folder: string
  private readonly processes: PinnedProcess[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async begin(): Promise<BenchRun> {
    return new BenchRun(await mkdtemp(join(tmpdir(), 'meshwork-bench-')))
  }

  /** Writes a file of this run and returns its path. */
  async file(name: string, text: string | Uint8Array): Promise<string> {
    const path = join(this.folder, name)
    await writeFile(path, text)
    return path
  }

  start(core: number, command: string, args: readonly string[]): PinnedProcess {
    const process = new PinnedProcess(core, command, args)
    this.processes.push(process)
    return process
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map(process => process.stop()))
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Path of a peer that a bench cannot do without. */
export function requiredPeer(name: string): string {
  const path = peerPath(name)
  if (path === undefined) throw new Error(`${name} is not installed; next: npm run peers -- ${name}`)
  return path
}
