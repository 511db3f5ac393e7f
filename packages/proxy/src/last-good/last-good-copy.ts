import { join } from 'node:path'
import type { Logger } from '@meshwork/core/log'
import type { Clock, Timer } from '@meshwork/core/time'
import { readOwnFile, replaceFile } from './copy-file.ts'
import { decodeCopy, encodeCopy } from './copy-format.ts'
import type { KeptResource } from './kept-resource.ts'

export interface LastGoodCopyOptions {
  /** Folder of the copy; made if there is none. */
  readonly folder: string
  /** Id of the proxy's node: a copy of another node is not used. */
  readonly node: string
  readonly clock: Clock
  readonly log: Logger
  /** Largest copy, in bytes. Default 64 MiB. */
  readonly maxBytes?: number
}

/** Name of the copy in the state folder. */
export const COPY_FILE = 'last-good-configuration'
const MAX_BYTES = 64 * 2 ** 20
/** From a change to the copy. What changes meanwhile is in it as well, so a control plane that never rests causes two writes a second. */
const SETTLE_MS = 500
/** What every private key in PEM says of itself. */
const KEY_MARK = Buffer.from('PRIVATE KEY-----')

/**
 * The last good configuration on disk, from which a proxy starts when no control plane answers. Owns the file; one write at a
 * time. Keys do not go to disk: a resource that holds one is left out. Failures are logged, and the proxy runs without the copy.
 */
export class LastGoodCopy {
  private readonly options: LastGoodCopyOptions
  private readonly file: string
  private readonly maxBytes: number
  /** Resources that hold keys, as of the last write: each is told of once. */
  private withheld: ReadonlySet<string> = new Set()
  private timer: Timer | null = null
  private writing: Promise<void> | null = null
  private changedMeanwhile = false
  /** null: what came last waits for other parts of itself, and is not good yet. */
  private source: () => readonly KeptResource[] | null = () => null

  constructor(options: LastGoodCopyOptions) {
    this.options = options
    this.file = join(options.folder, COPY_FILE)
    this.maxBytes = options.maxBytes ?? MAX_BYTES
  }

  /** What is to be kept; read when it is time to write. */
  keep(source: () => readonly KeptResource[] | null): void {
    this.source = source
  }

  /** The configuration changed. Costs nothing now. */
  noteChange(): void {
    if (this.writing !== null) this.changedMeanwhile = true
    else this.timer ??= this.options.clock.after(SETTLE_MS, () => this.write())
  }

  /** Nothing if there is no copy or it cannot be used, which is logged. */
  async read(): Promise<readonly KeptResource[]> {
    const content = await readOwnFile(this.file, this.maxBytes)
    if (content.kind === 'ok' && content.value === null) {
      this.options.log.info('there is no last good configuration on disk', { file: this.file })
      return []
    }
    const kept = content.kind === 'ok' ? decodeCopy(content.value ?? Buffer.alloc(0), this.options.node) : content
    if (kept.kind === 'ok') return kept.value
    this.options.log.error('the last good configuration on disk is not used', { file: this.file, reason: kept.error })
    return []
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    const unwritten = this.stopWaiting() || this.changedMeanwhile
    await this.writing
    if (unwritten) this.write()
    await this.writing
    this.stopWaiting()
  }

  private stopWaiting(): boolean {
    const waited = this.timer !== null
    this.timer?.cancel()
    this.timer = null
    return waited
  }

  private write(): void {
    this.timer = null
    const resources = this.source()
    if (resources === null) return this.noteChange()
    this.writing = this.replace(resources).finally(() => {
      this.writing = null
      if (!this.changedMeanwhile) return
      this.changedMeanwhile = false
      this.noteChange()
    })
  }

  private async replace(resources: readonly KeptResource[]): Promise<void> {
    const { node, log } = this.options
    const outcome = await replaceFile(this.file, encodeCopy(node, this.withoutKeys(resources)), this.maxBytes)
    if (outcome.kind === 'err') log.warn('the configuration cannot be kept on disk', { file: this.file, reason: outcome.error })
    else log.debug('the configuration is kept on disk', { file: this.file, resources: resources.length })
  }

  private *withoutKeys(resources: readonly KeptResource[]): Generator<KeptResource> {
    const withheld = new Set<string>()
    for (const resource of resources) {
      if (!holdsKey(resource)) {
        yield resource
        continue
      }
      const { typeUrl: type, name } = resource
      withheld.add(`${type} ${name}`)
      if (!this.withheld.has(`${type} ${name}`)) this.options.log.warn('not kept on disk, because it holds a private key', { type, name })
    }
    this.withheld = withheld
  }
}

function holdsKey({ bytes }: KeptResource): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(KEY_MARK)
}
