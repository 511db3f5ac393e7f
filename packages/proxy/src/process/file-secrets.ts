import { readFileSync, statSync } from 'node:fs'
import type { Clock, Timer } from '@meshwork/core/time'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import { parseFileCertificateName, parseFileRootName } from '../decode/index.ts'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'
import { ChangeListeners, onChangeOfAny } from './change-listeners.ts'

/** How often files in use are looked at for changes. */
const POLL_MS = 10_000

interface CachedFile {
  readonly modifiedMs: number
  readonly bytes: Buffer
  /** The same, for those that are texts. */
  readonly text: string
}

/**
 * Certificates that the configuration names by file (`file-cert:`, `file-root:`), all other names from `rest`.
 * Files are read when first needed and again when they change; one that cannot be read keeps its last good text.
 */
export class FileSecrets implements SecretProvider {
  private readonly rest: SecretProvider
  private readonly clock: Clock
  private readonly log: Logger
  private readonly files = new Map<string, CachedFile>()
  private readonly changes = new ChangeListeners()
  private timer: Timer | null = null

  constructor(rest: SecretProvider, clock: Clock, log: Logger) {
    this.rest = rest
    this.clock = clock
    this.log = log
  }

  certificate(name: string): CertificateMaterial | null {
    const files = parseFileCertificateName(name)
    if (files === null) return this.rest.certificate(name)
    const certificateChainPem = this.text(files.chainFile)
    const privateKeyPem = this.text(files.keyFile)
    if (certificateChainPem === null || privateKeyPem === null) return null
    if (files.stapleFile === null) return { certificateChainPem, privateKeyPem }
    const ocspStaple = this.bytes(files.stapleFile)
    return ocspStaple === null ? null : { certificateChainPem, privateKeyPem, ocspStaple }
  }

  roots(name: string): string | null {
    const file = parseFileRootName(name)
    return file === null ? this.rest.roots(name) : this.text(file)
  }

  onChange(changed: () => void): () => void {
    return onChangeOfAny(changed, this.rest, this.changes)
  }

  close(): void {
    this.timer?.cancel()
  }

  private text(file: string): string | null {
    return this.known(file)?.text ?? null
  }

  private bytes(file: string): Buffer | null {
    return this.known(file)?.bytes ?? null
  }

  private known(file: string): CachedFile | null {
    const known = this.files.get(file)
    if (known !== undefined) return known
    const read = this.read(file)
    // A file that is missing is looked for again, so that a connection made later finds it.
    if (read !== null) this.files.set(file, read)
    this.timer ??= this.clock.after(POLL_MS, () => this.poll())
    return read
  }

  private read(file: string): CachedFile | null {
    try {
      const { mtimeMs: modifiedMs } = statSync(file)
      const bytes = readFileSync(file)
      return { modifiedMs, bytes, text: bytes.toString('utf8') }
    } catch (error) {
      this.log.warn('certificate file cannot be read', { file, error: messageOf(error) })
      return null
    }
  }

  private poll(): void {
    this.timer = this.clock.after(POLL_MS, () => this.poll())
    let changed = false
    for (const [file, before] of this.files) {
      const now = this.read(file)
      if (now === null || now.modifiedMs === before.modifiedMs) continue
      this.files.set(file, now)
      changed ||= !now.bytes.equals(before.bytes)
    }
    if (changed) this.changes.notify()
  }
}
