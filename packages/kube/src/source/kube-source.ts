import { isDeepStrictEqual } from 'node:util'
import {
  type ConfigObject,
  type KindDefinition,
  objectKeyText,
  type ObjectKey,
  objectParser,
  readRawObject,
  type Rejection,
} from '@meshwork/config/kinds'
import type { ConfigBatch, ConfigSource } from '@meshwork/config/source'
import { violation, type Violation } from '@meshwork/core/result'
import type { Logger } from '@meshwork/core/log'
import type { Clock, Timer } from '@meshwork/core/time'
import { fieldsOf, type KubeDocument } from '../client/fields.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { keyOf, type ObjectRecords } from '../status/object-records.ts'
import { ResourceWatch, type WatchSink } from './resource-watch.ts'

export interface KubeSourceOptions {
  readonly client: KubeClient
  /** What is read: the preferred version of each. */
  readonly kinds: readonly KindDefinition[]
  /** Reads the objects of this namespace only. */
  readonly namespace?: string
  /** `type!=helm.sh/release.v1`: a field selector of the API, which of the objects are read. */
  readonly fieldSelector?: string
  /** What origins of objects begin with: `kubernetes` unless said otherwise. */
  readonly name?: string
  /** Is told what the server has beyond the configuration: generations and statuses. */
  readonly records?: ObjectRecords
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn' | 'info'>
}

/** How long the failures of many watches are gathered, in milliseconds: a server that goes away ends all of them. */
const TROUBLE_MS = 100

/**
 * The objects of an API server as configuration. State: the last valid version of each object, and what is refused now. A resource
 * that cannot be read is reported as a rejection of its path, and what was read of it stays.
 */
export class KubeSource implements ConfigSource {
  private readonly parser = objectParser()
  private readonly watches: readonly ResourceWatch[]
  private readonly objects = new Map<string, ConfigObject>()
  /** By key of an object. */
  private readonly rejections = new Map<string, Rejection>()
  private sink: ((batch: ConfigBatch) => void) | undefined
  private told: readonly Rejection[] = []
  private readonly options: KubeSourceOptions
  private readonly name: string
  /** Paths that cannot be read, with the reason. */
  private readonly troubles = new Map<string, string>()
  private closed = false
  private troubleTimer: Timer | undefined

  constructor(options: KubeSourceOptions) {
    const { client, kinds, clock, namespace, fieldSelector } = options
    this.options = options
    this.name = options.name ?? 'kubernetes'
    const select = fieldSelector === undefined ? {} : { select: `fieldSelector=${encodeURIComponent(fieldSelector)}` }
    this.watches = kinds.map(
      kind => new ResourceWatch({ client, paths: pathsOf(kind, namespace), clock, sink: this.sinkOf(kind), ...select }),
    )
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    await Promise.all(this.watches.map(watch => watch.start()))
    if (this.closed) return
    this.sink = sink
    this.told = this.allRejections()
    sink({ upserts: [...this.objects.values()], deletes: [], rejections: this.told })
  }

  close(): Promise<void> {
    this.closed = true
    this.sink = undefined
    this.troubleTimer?.cancel()
    for (const watch of this.watches) watch.close()
    return Promise.resolve()
  }

  private sinkOf(kind: KindDefinition): WatchSink {
    const { records } = this.options
    return {
      replaced: (documents, path) => {
        records?.replace(kind, documents, path)
        this.replace(kind, documents)
      },
      put: (document, path) => {
        records?.put(keyOf(kind, document), document, path)
        this.publish([], [this.read(kind, document)].filter(isObject))
      },
      removed: document => {
        records?.remove(keyOf(kind, document))
        this.publish([keyOf(kind, document)], [])
      },
      troubled: reason => this.troubled(kind, reason),
    }
  }

  /** A list says what there is; what it does not name is gone. */
  private replace(kind: KindDefinition, documents: readonly KubeDocument[]): void {
    const keys = new Set(documents.map(document => objectKeyText(keyOf(kind, document))))
    const known = [...this.objects.values()].map(({ meta, kind: name }) => ({ kind: name, namespace: meta.namespace, name: meta.name }))
    const refused = [...this.rejections.values()].flatMap(({ key }) => key ?? [])
    const gone = [...known, ...refused].filter(key => key.kind === kind.kind && !keys.has(objectKeyText(key)))
    this.publish(gone, documents.map(document => this.read(kind, document)).filter(isObject))
  }

  /** The object if it is valid and says anything new; otherwise the reason is kept, and the last valid version. */
  private read(kind: KindDefinition, document: KubeDocument): ConfigObject | undefined {
    const key = keyOf(kind, document)
    const text = objectKeyText(key)
    const origin = { file: `${this.name}:${text}`, line: 1 }
    // Items of lists do not say what they are.
    const raw = readRawObject({ ...document, apiVersion: kind.apiVersions[0], kind: kind.kind }, origin, 0)
    const outcome = raw.kind === 'ok' ? this.parser.parse(raw.value) : { kind: 'violations' as const, violations: raw.error }
    if (outcome.kind === 'violations') this.rejections.set(text, rejectionOf(key, origin.file, outcome.violations, document))
    else this.rejections.delete(text)
    return outcome.kind === 'object' && !saysTheSame(this.objects.get(text), outcome.object) ? outcome.object : undefined
  }

  private troubled(kind: KindDefinition, reason: string | undefined): void {
    const [path] = pathsOf(kind, this.options.namespace)
    if (this.troubles.get(path) === reason) return
    if (reason === undefined) this.troubles.delete(path)
    else this.troubles.set(path, reason)
    this.troubleTimer ??= this.options.clock.after(TROUBLE_MS, () => this.tellTrouble())
  }

  private tellTrouble(): void {
    this.troubleTimer = undefined
    const { client, log } = this.options
    const [first] = this.troubles.values()
    const about = { server: client.server, unreadable: this.troubles.size, of: this.watches.length }
    if (first === undefined) log.info('the API server is read again', about)
    else log.warn('the API server cannot be read; what was read stays in force', { ...about, reason: first })
    this.publish([], [])
  }

  /** Of objects, then of resources that cannot be read. */
  private allRejections(): readonly Rejection[] {
    const unreadable = [...this.troubles].map(([path, reason]) =>
      rejectionOf(undefined, `${this.name}:${path}`, [violation('', 'unreadable', reason)]),
    )
    return [...this.rejections.values(), ...unreadable]
  }

  /** Before the start nothing is published: the first batch is everything. */
  private publish(gone: readonly ObjectKey[], upserts: readonly ConfigObject[]): void {
    for (const key of gone) this.rejections.delete(objectKeyText(key))
    const deletes = gone.filter(key => this.objects.delete(objectKeyText(key)))
    for (const object of upserts) {
      this.objects.set(objectKeyText({ kind: object.kind, namespace: object.meta.namespace, name: object.meta.name }), object)
    }
    const rejections = this.allRejections()
    const isNews = deletes.length > 0 || upserts.length > 0 || !isDeepStrictEqual(rejections, this.told)
    if (this.sink === undefined || !isNews) return
    this.told = rejections
    this.sink({ upserts, deletes, rejections })
  }
}

function isObject(object: ConfigObject | undefined): object is ConfigObject {
  return object !== undefined
}

/** `/apis/networking.istio.io/v1/virtualservices`, `/api/v1/services`; one path for each version. */
function pathsOf({ apiVersions: [first, ...others], plural }: KindDefinition, namespace?: string): readonly [string, ...string[]] {
  const place = namespace === undefined ? plural : `namespaces/${namespace}/${plural}`
  const pathOf = (apiVersion: string): string => `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}/${place}`
  return [pathOf(first), ...others.map(pathOf)]
}

/** A status that was written, or a label of somebody's, makes a new version of the object and says nothing new. */
function saysTheSame(before: ConfigObject | undefined, now: ConfigObject): boolean {
  if (before === undefined) return false
  const plain = ({ spec, meta }: ConfigObject): unknown => ({ spec, meta: { ...meta, resourceVersion: '' } })
  return isDeepStrictEqual(plain(before), plain(now))
}

function rejectionOf(key: ObjectKey | undefined, file: string, violations: readonly Violation[], document: KubeDocument = {}): Rejection {
  const { generation } = fieldsOf(document['metadata'])
  const located = violations.map(each => ({ ...each, line: 1 }))
  return { key, origin: { file, line: 1 }, ...(typeof generation === 'number' && { generation }), violations: located }
}
