import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'

import { writePublicFile } from './write-public-file.ts'

/** Keeps the roots that workloads trust in a file, for those who connect. */
export class RootFile implements Runner {
  readonly name = 'root file'
  private readonly path: string
  private readonly rootsPem: () => string
  private readonly log: Logger
  /** Writings happen one after the other, so that the last one stays. */
  private written: Promise<void> = Promise.resolve()

  constructor(path: string, rootsPem: () => string, log: Logger) {
    this.path = path
    this.rootsPem = rootsPem
    this.log = log
  }

  start(): Promise<void> {
    return writePublicFile(this.path, this.rootsPem())
  }

  close(): Promise<void> {
    return this.written
  }

  rootsChanged(): void {
    this.written = this.written
      .then(() => writePublicFile(this.path, this.rootsPem()))
      .catch(error => this.log.error('roots not written', { path: this.path, error: messageOf(error) }))
  }
}
