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
import type { Clock } from '@meshwork/core/time'
import type { KubeClient } from '../client/kube-client.ts'
import { fieldsOf, type KubeDocument, ResourceWatch, type WatchSink } from './resource-watch.ts'

export interface KubeSourceOptions {
  readonly client: KubeClient
  /** What is read: the preferred version of each. */
  readonly kinds: readonly KindDefinition[]
  readonly clock: Clock
}

/**
 * The objects of an API server as configuration. State: the last valid version of each object, and what is refused now. A resource
 * that cannot be read is reported as a rejection of its path, and what was read of it stays.
 */
export class KubeSource implements ConfigSource {
  private readonly parser = objectParser()
  private readonly watches: readonly ResourceWatch[]
  private readonly objects = new Map<string, ConfigObject>()
  /** By key of an object, or by path of a resource. */
  private readonly rejections = new Map<string, Rejection>()
  private sink: ((batch: ConfigBatch) => void) | undefined
  private told: readonly Rejection[] = []

  constructor({ client, kinds, clock }: KubeSourceOptions) {
    this.watches = kinds.map(kind => new ResourceWatch({ client, path: pathOf(kind), clock, sink: this.sinkOf(kind) }))
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    await Promise.all(this.watches.map(watch => watch.start()))
    this.sink = sink
    this.told = [...this.rejections.values()]
    sink({ upserts: [...this.objects.values()], deletes: [], rejections: this.told })
  }

  close(): Promise<void> {
    this.sink = undefined
    for (const watch of this.watches) watch.close()
    return Promise.resolve()
  }

  private sinkOf(kind: KindDefinition): WatchSink {
    return {
      replaced: documents => this.replace(kind, documents),
      put: document => this.publish([], [this.read(kind, document)].filter(isObject)),
      removed: document => this.publish([keyOf(kind, document)], []),
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
    const origin = { file: `kubernetes:${text}`, line: 1 }
    // Items of lists do not say what they are.
    const raw = readRawObject({ ...document, apiVersion: kind.apiVersions[0], kind: kind.kind }, origin, 0)
    const outcome = raw.kind === 'ok' ? this.parser.parse(raw.value) : { kind: 'violations' as const, violations: raw.error }
    if (outcome.kind === 'violations') this.rejections.set(text, rejectionOf(key, origin.file, outcome.violations))
    else this.rejections.delete(text)
    return outcome.kind === 'object' && !saysTheSame(this.objects.get(text), outcome.object) ? outcome.object : undefined
  }

  private troubled(kind: KindDefinition, reason: string | undefined): void {
    const path = pathOf(kind)
    if (reason === undefined) this.rejections.delete(path)
    else this.rejections.set(path, rejectionOf(undefined, `kubernetes:${path}`, [violation('', 'unreadable', reason)]))
    this.publish([], [])
  }

  /** Before the start nothing is published: the first batch is everything. */
  private publish(gone: readonly ObjectKey[], upserts: readonly ConfigObject[]): void {
    for (const key of gone) this.rejections.delete(objectKeyText(key))
    const deletes = gone.filter(key => this.objects.delete(objectKeyText(key)))
    for (const object of upserts) {
      this.objects.set(objectKeyText({ kind: object.kind, namespace: object.meta.namespace, name: object.meta.name }), object)
    }
    const rejections = [...this.rejections.values()]
    const isNews = deletes.length > 0 || upserts.length > 0 || !isDeepStrictEqual(rejections, this.told)
    if (this.sink === undefined || !isNews) return
    this.told = rejections
    this.sink({ upserts, deletes, rejections })
  }
}

function isObject(object: ConfigObject | undefined): object is ConfigObject {
  return object !== undefined
}

/** `/apis/networking.istio.io/v1/virtualservices`, `/api/v1/services`. */
function pathOf({ apiVersions: [apiVersion], plural }: KindDefinition): string {
  return `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}/${plural}`
}

function keyOf({ kind }: KindDefinition, document: KubeDocument): ObjectKey {
  const { name, namespace } = fieldsOf(document['metadata'])
  return { kind, namespace: typeof namespace === 'string' ? namespace : 'default', name: String(name) }
}

/** A status that was written, or a label of somebody's, makes a new version of the object and says nothing new. */
function saysTheSame(before: ConfigObject | undefined, now: ConfigObject): boolean {
  if (before === undefined) return false
  const plain = ({ spec, meta }: ConfigObject): unknown => ({ spec, meta: { ...meta, resourceVersion: '' } })
  return isDeepStrictEqual(plain(before), plain(now))
}

function rejectionOf(key: ObjectKey | undefined, file: string, violations: readonly Violation[]): Rejection {
  return { key, origin: { file, line: 1 }, violations: violations.map(each => ({ ...each, line: 1 })) }
}
