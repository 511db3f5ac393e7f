import type { Logger } from '@meshwork/core/log'
import { type Clock, sleep } from '@meshwork/core/time'
import { type ConfigObject, type LocatedViolation, objectKeyText, objectParser, readRawObject, type Rejection } from '../kinds/index.ts'
import { keyOf, Publisher, type SourceState } from '../source/publisher.ts'
import type { ConfigBatch, ConfigSource } from '../source/source.ts'
import { type CatalogEntry, readCatalogEntries, readServiceNames } from './catalog-entry.ts'
import { type CatalogWatchOptions, watchCatalog } from './catalog-watch.ts'
import { type ConsulNames, serviceDocuments } from './service-documents.ts'

export interface ConsulSourceOptions extends ConsulNames {
  /** `http://127.0.0.1:8500` */
  readonly url: string
  readonly token?: string
  readonly clock: Clock
  readonly log: Logger
  /** How long Consul may hold a question back, in milliseconds. Default 60,000. */
  readonly waitMs?: number
  /** Pause between questions where it does not, in milliseconds. Default 2,000, Istio's. */
  readonly pollMs?: number
  /** How long a start waits for the first complete catalogue, in milliseconds. Default 15,000. */
  readonly patienceMs?: number
}

const MOST_SERVICES = 2000
const DEFAULTS = { waitMs: 60_000, pollMs: 2000, patienceMs: 15_000, token: '' }
/** Consul itself, which is in its own catalogue, is no service of the mesh's. */
const OWN_SERVICE = 'consul'

/**
 * The catalogue of Consul as ServiceEntries. It is followed by one question for the names and one for each service. What was known
 * stays while Consul cannot be reached. State: the instances last heard of each service, and a running question for each.
 */
export class ConsulSource implements ConfigSource {
  private readonly options: ConsulSourceOptions & typeof DEFAULTS
  private readonly parser = objectParser()
  private readonly publisher = new Publisher()
  private readonly ended = new AbortController()
  private readonly watches = new Map<string, AbortController>()
  private readonly instances = new Map<string, readonly CatalogEntry[]>()
  private readonly loops = new Set<Promise<void>>()
  /** Services about which nothing has been heard yet, not even that the question failed. */
  private readonly unheard = new Set<string>()
  /** The last accepted form of every object in force. */
  private accepted: ReadonlyMap<string, ConfigObject> = new Map()
  private wanted: readonly string[] | undefined
  private waiting: (() => void) | undefined
  private open = false

  constructor(options: ConsulSourceOptions) {
    this.options = { ...DEFAULTS, ...options }
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    const { clock, patienceMs, log, url } = this.options
    const complete = new Promise<void>(resolve => (this.waiting = resolve))
    this.follow('/v1/catalog/services', this.ended.signal, body => this.applyNames(body))
    await Promise.race([complete, sleep(clock, patienceMs, this.ended.signal)])
    if (!this.isComplete) log.warn('starting without the services of Consul, which has not answered', { url })
    if (this.ended.signal.aborted) return
    this.open = true
    this.publisher.open(sink, this.state())
  }

  async close(): Promise<void> {
    this.publisher.close()
    this.ended.abort()
    for (const watch of this.watches.values()) watch.abort()
    await Promise.all(this.loops)
  }

  private get isComplete(): boolean {
    return this.wanted !== undefined && this.unheard.size === 0
  }

  private follow(path: string, signal: AbortSignal, changed: (body: unknown) => void, failed: () => void = () => undefined): void {
    const watch: CatalogWatchOptions = {
      ...this.options,
      failed: (failedPath, reason) => {
        this.noteFailure(failedPath, reason)
        failed()
      },
    }
    const loop: Promise<void> = watchCatalog(path, watch, signal, changed).finally(() => this.loops.delete(loop))
    this.loops.add(loop)
  }

  private applyNames(body: unknown): void {
    const names = readServiceNames(body)
    if (names === undefined) throw new Error('the list of services is not an object')
    const wanted = names.filter(name => name !== OWN_SERVICE)
    if (wanted.length > MOST_SERVICES)
      this.options.log.error('services of Consul are left out', { known: wanted.length, limit: MOST_SERVICES })
    this.wanted = wanted.slice(0, MOST_SERVICES)
    for (const [name, watch] of this.watches) if (!this.wanted.includes(name)) this.forget(name, watch)
    for (const name of this.wanted) if (!this.watches.has(name)) this.watch(name)
    this.publish()
  }

  private watch(name: string): void {
    const watch = new AbortController()
    this.watches.set(name, watch)
    this.unheard.add(name)
    const changed = (body: unknown): void => {
      const entries = readCatalogEntries(body)
      if (entries === undefined) throw new Error('the instances of a service are not a list')
      this.instances.set(name, entries)
      this.heard(name)
    }
    this.follow(`/v1/catalog/service/${encodeURIComponent(name)}`, watch.signal, changed, () => this.heard(name))
  }

  private forget(name: string, watch: AbortController): void {
    watch.abort()
    this.watches.delete(name)
    this.unheard.delete(name)
    this.instances.delete(name)
  }

  private heard(name: string): void {
    this.unheard.delete(name)
    this.publish()
  }

  private publish(): void {
    if (this.isComplete) this.waiting?.()
    // A service whose instances are not known yet is not without any.
    if (this.open && this.isComplete) this.publisher.publish(this.state())
  }

  private state(): SourceState {
    const objects = new Map<string, ConfigObject>()
    const rejections: Rejection[] = []
    for (const [name, entries] of [...this.instances].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      for (const document of serviceDocuments(entries, this.options))
        this.take(document, `${this.options.url}/v1/catalog/service/${name}`, objects, rejections)
    }
    this.accepted = objects
    return { objects, rejections }
  }

  private take(document: object, file: string, objects: Map<string, ConfigObject>, rejections: Rejection[]): void {
    const origin = { file, line: 1 }
    const raw = readRawObject(document, origin, 0)
    const outcome = raw.kind === 'ok' ? this.parser.parse(raw.value) : ({ kind: 'violations', violations: raw.error } as const)
    if (outcome.kind === 'object') objects.set(objectKeyText(keyOf(outcome.object)), outcome.object)
    if (outcome.kind !== 'violations') return
    const key = raw.kind === 'ok' ? keyOf(raw.value) : undefined
    const lastGood = key === undefined ? undefined : this.accepted.get(objectKeyText(key))
    if (lastGood !== undefined) objects.set(objectKeyText(keyOf(lastGood)), lastGood)
    rejections.push({ key, origin, violations: outcome.violations.map((reason): LocatedViolation => ({ ...reason, line: 1 })) })
  }

  private noteFailure(path: string, reason: string | null): void {
    const { log, url } = this.options
    if (reason === null) log.info('Consul answers again', { url, path })
    else log.warn('Consul does not answer; what it said last stays in force', { url, path, reason })
  }
}
