import { type ObjectKey, objectKeyText, type Rejection } from '@meshwork/config/kinds'
import { type ConfigBatch, type ConfigSource, keyOf } from '@meshwork/config/source'
import { violation } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'

/** Kinds that say which services there are and where. */
const REGISTRY_KINDS: ReadonlySet<string> = new Set(['Service', 'Endpoints', 'EndpointSlice', 'Pod', 'ServiceEntry', 'WorkloadEntry'])

/** Somebody who has fewer objects may well mean to have none. */
const LEAST_OBJECTS = 3

export interface EmptyWorldOptions {
  /** The source, for people. */
  readonly name: string
  readonly clock: Clock
  /** An emptiness that lasts so long is meant, in milliseconds. 0: any is. */
  readonly confirmMs: number
}

/**
 * A source that suddenly has no service left is more likely broken than right: an unmounted folder, an API that answers with an
 * empty list. Its deletions are withheld, and told among the rejections, until they have lasted a while. Everything else passes.
 * State: the registry's objects of the source, and the deletions withheld; both belong to `take`.
 */
export class EmptyWorldGuard implements ConfigSource {
  private readonly source: ConfigSource
  private readonly options: EmptyWorldOptions
  private readonly known = new Set<string>()
  private readonly withheld = new Map<string, ObjectKey>()
  private sink: (batch: ConfigBatch) => void = () => undefined
  private rejections: readonly Rejection[] = []
  private timer: Timer | undefined

  constructor(source: ConfigSource, options: EmptyWorldOptions) {
    this.source = source
    this.options = options
  }

  start(sink: (batch: ConfigBatch) => void): Promise<void> {
    this.sink = sink
    return this.source.start(batch => this.take(batch))
  }

  close(): Promise<void> {
    this.timer?.cancel()
    return this.source.close()
  }

  private take(batch: ConfigBatch): void {
    const before = this.known.size
    this.count(batch)
    this.rejections = batch.rejections
    const isEmptied = this.options.confirmMs > 0 && this.known.size === 0 && (before >= LEAST_OBJECTS || this.withheld.size > 0)
    if (!isEmptied) {
      this.release(batch)
      return
    }
    for (const key of batch.deletes) if (REGISTRY_KINDS.has(key.kind)) this.withheld.set(objectKeyText(key), key)
    this.timer ??= this.options.clock.after(this.options.confirmMs, () =>
      this.release({ upserts: [], deletes: [], rejections: this.rejections }),
    )
    const others = batch.deletes.filter(({ kind }) => !REGISTRY_KINDS.has(kind))
    this.sink({ upserts: batch.upserts, deletes: others, rejections: [...batch.rejections, this.alarm()] })
  }

  private count({ upserts, deletes }: ConfigBatch): void {
    for (const key of deletes) this.known.delete(objectKeyText(key))
    for (const object of upserts) {
      const text = objectKeyText(keyOf(object))
      if (REGISTRY_KINDS.has(object.kind)) this.known.add(text)
      this.withheld.delete(text)
    }
  }

  /** Passes a batch on, together with what was withheld. */
  private release(batch: ConfigBatch): void {
    this.timer?.cancel()
    this.timer = undefined
    const deletes = [...this.withheld.values(), ...batch.deletes]
    this.withheld.clear()
    this.sink({ ...batch, deletes })
  }

  private alarm(): Rejection {
    const seconds = this.options.confirmMs / 1000
    const message = `all ${this.withheld.size} services and endpoints are gone at once: they stay in force for ${seconds} s`
    const hint = 'bring them back, or wait if this is meant'
    return {
      key: undefined,
      origin: { file: this.options.name, line: 1 },
      violations: [{ ...violation('', 'empty-world', message, hint), line: 1 }],
    }
  }
}
