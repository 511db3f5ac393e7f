import { MeshError } from '@meshwork/core/result'
import { objectKeyText } from '../kinds/object.ts'
import { keyTextOf } from './publisher.ts'
import type { ConfigBatch, ConfigSource } from './source.ts'

type Phase = 'new' | 'starting' | 'running' | 'closed'

/**
 * Wraps a source and throws as soon as the source or its user breaks the contract of `ConfigSource`. For tests and for development:
 * the sources of a running mesh are used bare.
 */
export class StrictSource implements ConfigSource {
  private readonly inner: ConfigSource
  private phase: Phase = 'new'
  private batches = 0
  private delivering = false
  private readonly known = new Set<string>()

  constructor(inner: ConfigSource) {
    this.inner = inner
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    if (this.phase !== 'new') throw broken('start was called twice')
    this.phase = 'starting'
    await this.inner.start(batch => this.deliver(batch, sink))
    if (this.batches === 0) throw broken('start resolved before the first batch')
    if (this.isStarting()) this.phase = 'running'
  }

  async close(): Promise<void> {
    this.phase = 'closed'
    await this.inner.close()
  }

  private deliver(batch: ConfigBatch, sink: (batch: ConfigBatch) => void): void {
    if (this.phase === 'closed') throw broken('a batch came after close')
    if (this.delivering) throw broken('a batch came while another one was being taken')
    this.check(batch)
    this.batches++
    this.delivering = true
    try {
      sink(batch)
    } finally {
      this.delivering = false
    }
  }

  private check(batch: ConfigBatch): void {
    const upserts = batch.upserts.map(keyTextOf)
    const deletes = batch.deletes.map(objectKeyText)
    const seen = new Set<string>()
    const twice = [...upserts, ...deletes].find(key => seen.has(key) || !seen.add(key))
    if (twice !== undefined) throw broken(`${twice} stands in one batch twice`)
    if (this.batches === 0 && deletes.length > 0) throw broken('the first batch deletes')
    const unknown = deletes.find(key => !this.known.has(key))
    if (unknown !== undefined) throw broken(`${unknown} was deleted and never delivered`)
    const soft = batch.upserts.find(object => !Object.isFrozen(object))
    if (soft !== undefined) throw broken(`${keyTextOf(soft)} is not frozen`)
    const silent = batch.rejections.find(({ violations }) => violations.length === 0)
    if (silent !== undefined) throw broken('a rejection without violations')
    for (const key of upserts) this.known.add(key)
    for (const key of deletes) this.known.delete(key)
  }

  /** `close` may have run during the await of `start`. */
  private isStarting(): boolean {
    return this.phase === 'starting'
  }
}

function broken(what: string): MeshError {
  return new MeshError('SOURCE_CONTRACT', `a configuration source broke its contract: ${what}`, { source: 'internal' })
}
