import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'

/** Bytes that are gathered for one write. Between two writes the event loop serves traffic. */
const WRITE_BYTES = 1 << 18
const OWNER_ONLY = 0o600
const OWNER_ONLY_FOLDER = 0o700
const WRITABLE_BY_OTHERS = 0o022

/**
 * Replaces `file` as a whole: a crash leaves the old content or the new, and never a part. Only its owner can read it. The error
 * tells why it could not be written; the old content stays then.
 */
export async function replaceFile(file: string, pieces: Iterable<Uint8Array>, maxBytes: number): Promise<Result<void, string>> {
  const fresh = `${file}.new`
  try {
    await mkdir(dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER })
    await rm(fresh, { force: true })
    // Exclusive: whoever may write to the folder cannot make us write through a link.
    const handle = await open(fresh, 'wx', OWNER_ONLY)
    let fits = false
    try {
      fits = await writeAll(handle, pieces, maxBytes)
    } finally {
      await handle.close()
    }
    if (!fits) {
      await rm(fresh, { force: true })
      return err(`it has more than ${maxBytes} bytes`)
    }
    await rename(fresh, file)
    return ok(undefined)
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined)
    return err(messageOf(error))
  }
}

/** false: there is more than `maxBytes`. */
async function writeAll(handle: FileHandle, pieces: Iterable<Uint8Array>, maxBytes: number): Promise<boolean> {
  let gathered: Uint8Array[] = []
  let waiting = 0
  let total = 0
  const flush = async (): Promise<void> => {
    await handle.writev(gathered)
    gathered = []
    waiting = 0
  }
  for (const piece of pieces) {
    total += piece.length
    if (total > maxBytes) return false
    if (piece.length > 0) gathered.push(piece)
    waiting += piece.length
    if (waiting >= WRITE_BYTES) await flush()
  }
  if (gathered.length > 0) await flush()
  await handle.sync()
  return true
}

/** The content, null if there is no such file, or why it is not read. */
export async function readOwnFile(file: string, maxBytes: number): Promise<Result<Buffer | null, string>> {
  let handle: FileHandle | null = null
  try {
    handle = await open(file, 'r')
    const { size, uid, mode } = await handle.stat()
    // Whoever can write this file decides what the proxy does.
    if (uid !== process.getuid?.()) return err('another user owns it')
    if ((mode & WRITABLE_BY_OTHERS) !== 0) return err('other users may write it')
    if (size > maxBytes) return err(`it has more than ${maxBytes} bytes`)
    return ok(await handle.readFile())
  } catch (error) {
    return isMissing(error) ? ok(null) : err(messageOf(error))
  } finally {
    await handle?.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
