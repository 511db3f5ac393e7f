import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { MeshError, messageOf } from '../result/mesh-error.ts'
import type { SecretData, SecretStore } from './secret-store.ts'

const PRIVATE_DIRECTORY = 0o700
const PRIVATE_FILE = 0o600
const OTHERS = 0o077
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/
const ENTRY = /^[A-Za-z0-9._-]{1,253}$/
const MAX_ENTRY_BYTES = 1024 * 1024

/**
 * A secret is a folder of files below `directory`, for the eyes of this user only (0700 and 0600).
 * It is written beside its place, synced, and moved there in one step, so that a crash leaves all of it or nothing.
 */
export class DirectorySecretStore implements SecretStore {
  private readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  async read(name: string): Promise<SecretData | undefined> {
    const folder = this.folderOf(name)
    try {
      const entries = await readdir(folder)
      const data = new Map<string, Buffer>()
      for (const entry of entries.toSorted()) data.set(entry, await readPrivateFile(join(folder, entry)))
      return data.size === 0 ? undefined : data
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw storeError(folder, error)
    }
  }

  async create(name: string, data: SecretData): Promise<'created' | 'exists'> {
    const folder = this.folderOf(name)
    const draft = join(this.directory, `.${name}.${randomUUID()}`)
    try {
      await mkdir(draft, { recursive: true, mode: PRIVATE_DIRECTORY })
      for (const [entry, bytes] of data) await writePrivateFile(join(draft, checkedEntry(entry)), bytes)
      await rename(draft, folder)
      await syncDirectory(this.directory)
      return 'created'
    } catch (error) {
      // What is left of the draft does no harm; the reason of the failure is what counts.
      await rm(draft, { recursive: true, force: true }).catch(() => undefined)
      // POSIX lets a folder be moved only onto one that is empty or absent.
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return 'exists'
      throw storeError(folder, error)
    }
  }

  private folderOf(name: string): string {
    if (!NAME.test(name)) throw new TypeError(`'${name}' is not a name for a secret`)
    return join(this.directory, name)
  }
}

function checkedEntry(entry: string): string {
  if (!ENTRY.test(entry) || entry === '.' || entry === '..') throw new TypeError(`'${entry}' is not a name for an entry of a secret`)
  return entry
}

async function readPrivateFile(path: string): Promise<Buffer> {
  const { mode, size } = await stat(path)
  if ((mode & OTHERS) !== 0) {
    throw new MeshError('SECRET_EXPOSED', `${path} can be read or written by other users`, {
      source: 'config',
      nextStep: `find out who could have read it, then run: chmod 600 ${path}`,
    })
  }
  if (size > MAX_ENTRY_BYTES) throw new MeshError('SECRET_TOO_LARGE', `${path} is larger than ${MAX_ENTRY_BYTES} bytes`)
  return readFile(path)
}

async function writePrivateFile(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', PRIVATE_FILE)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes the move itself survive a power cut. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function storeError(folder: string, error: unknown): unknown {
  if (error instanceof MeshError || error instanceof TypeError) return error
  return new MeshError('SECRET_STORE', `cannot use ${folder}: ${messageOf(error)}`, {
    cause: error,
    nextStep: 'make the folder readable and writable for the user that runs this process',
  })
}
