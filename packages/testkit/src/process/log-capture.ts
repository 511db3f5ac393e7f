import { closeSync, fchmodSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes of a log that are read; older text is left out. */
const LIMIT = 2_000_000
const FOR_EVERY_USER = 0o666

/**
 * Everything a process printed on both outputs. A file, not a pipe, because programs open `/dev/stdout` by name, which a pipe of
 * Node (a socket) refuses. The file has no name, so nothing is left behind.
 */
export class LogCapture {
  readonly descriptor: number
  private closedText: string | null = null

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-log-'))
    this.descriptor = openSync(join(folder, 'log'), 'a+')
    // The process may change its user before it opens the file again.
    fchmodSync(this.descriptor, FOR_EVERY_USER)
    rmSync(folder, { recursive: true })
  }

  all(): string {
    return this.closedText ?? this.read()
  }

  /** The last `count` lines, for the message of a failed test. */
  tail(count: number): string {
    return this.all().trimEnd().split('\n').slice(-count).join('\n')
  }

  lines(): readonly string[] {
    return this.all().split('\n')
  }

  /** Frees the file; what was printed stays readable. */
  close(): void {
    if (this.closedText !== null) return
    this.closedText = this.read()
    closeSync(this.descriptor)
  }

  private read(): string {
    const { size } = fstatSync(this.descriptor)
    const bytes = Buffer.alloc(Math.min(size, LIMIT))
    readSync(this.descriptor, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString('utf8')
  }
}
