import { type ObjectKey, objectKeyText, type Rejection } from '@meshwork/config/kinds'
import { type ConfigBatch, type ConfigSource, keyOf, keyTextOf } from '@meshwork/config/source'
import type { Clock, Timer } from '@meshwork/core/time'

/** Which namespaces have Secrets that proxies need, as far as is known from the batches taken. */
export interface SecretDemand {
  take(batch: ConfigBatch): void
  readonly namespaces: ReadonlySet<string>
}

export interface SourceWithSecretsOptions {
  /** Everything but Secrets. */
  readonly source: ConfigSource
  readonly demand: SecretDemand
  /** The Secrets of one namespace. */
  readonly secretsOf: (namespace: string) => ConfigSource
  readonly clock: Clock
}

/** How long Secrets that nobody needs any more are followed, in milliseconds: a gateway that restarts needs them again. */
const LINGER_MS = 60_000

interface Followed {
  readonly source: ConfigSource
  started: Promise<void>
  readonly keys: Map<string, ObjectKey>
  rejections: readonly Rejection[]
  linger: Timer | undefined
}

/**
 * A source, and beside it the Secrets of those namespaces that what it delivers calls for: no others are read. The first batch has
 * the Secrets that the first objects need.
 */
export class SourceWithSecrets implements ConfigSource {
  private readonly options: SourceWithSecretsOptions
  private readonly followed = new Map<string, Followed>()
  private rejections: readonly Rejection[] = []
  private sink: ((batch: ConfigBatch) => void) | undefined
  /** Before the start is over: what the first batch will have. */
  private first: ConfigBatch[] = []

  constructor(options: SourceWithSecretsOptions) {
    this.options = options
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    await this.options.source.start(batch => this.take(batch))
    await Promise.all([...this.followed.values()].map(({ started }) => started))
    this.sink = sink
    sink(merged(this.first, this.allRejections()))
    this.first = []
  }

  async close(): Promise<void> {
    this.sink = undefined
    for (const { linger } of this.followed.values()) linger?.cancel()
    await Promise.all([this.options.source.close(), ...[...this.followed.values()].map(({ source }) => source.close())])
  }

  private take(batch: ConfigBatch): void {
    this.rejections = batch.rejections
    this.options.demand.take(batch)
    this.publish(batch)
    this.follow(this.options.demand.namespaces)
  }

  private follow(namespaces: ReadonlySet<string>): void {
    for (const namespace of namespaces) {
      const known = this.followed.get(namespace)
      known?.linger?.cancel()
      if (known === undefined) this.open(namespace)
      else known.linger = undefined
    }
    for (const [namespace, known] of this.followed) {
      if (!namespaces.has(namespace)) known.linger ??= this.options.clock.after(LINGER_MS, () => this.end(namespace, known))
    }
  }

  private open(namespace: string): void {
    const source = this.options.secretsOf(namespace)
    const followed: Followed = { source, started: Promise.resolve(), keys: new Map(), rejections: [], linger: undefined }
    this.followed.set(namespace, followed)
    followed.started = source.start(batch => this.takeSecrets(followed, batch))
  }

  private takeSecrets(followed: Followed, batch: ConfigBatch): void {
    followed.rejections = batch.rejections
    for (const object of batch.upserts) followed.keys.set(keyTextOf(object), keyOf(object))
    this.publish(batch)
  }

  private end(namespace: string, { source, keys }: Followed): void {
    this.followed.delete(namespace)
    void source.close()
    this.publish({ upserts: [], deletes: [...keys.values()], rejections: [] })
  }

  private publish(batch: ConfigBatch): void {
    if (this.sink === undefined) this.first.push(batch)
    else this.sink({ ...batch, rejections: this.allRejections() })
  }

  private allRejections(): readonly Rejection[] {
    return [...this.rejections, ...[...this.followed.values()].flatMap(({ rejections }) => rejections)]
  }
}

/** What several batches in turn come to. */
function merged(batches: readonly ConfigBatch[], rejections: readonly Rejection[]): ConfigBatch {
  const objects = new Map<string, ConfigBatch['upserts'][number]>()
  for (const { upserts, deletes } of batches) {
    for (const key of deletes) objects.delete(objectKeyText(key))
    for (const object of upserts) objects.set(keyTextOf(object), object)
  }
  return { upserts: [...objects.values()], deletes: [], rejections }
}
