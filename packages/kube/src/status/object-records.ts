import { type KindDefinition, type ObjectKey, objectKeyText } from '@meshwork/config/kinds'
import { fieldsOf, itemsOf, type KubeDocument, textOf } from '../client/fields.ts'

/** What an API server says of an object beyond its configuration. */
export interface ObjectRecord {
  readonly key: ObjectKey
  readonly apiVersion: string
  /** Of the resource in the version that is read. */
  readonly resource: string
  /** Of the object itself. */
  readonly path: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number | undefined
  /** As it is, with what other writers put there. */
  readonly status: KubeDocument
}

/** What is known of objects whose status is written: fed by a source, read by the writer. */
export class ObjectRecords {
  private readonly kinds: ReadonlySet<string>
  private readonly records = new Map<string, ObjectRecord>()
  private readonly changed: () => void

  /** Of objects of these kinds. `changed` is called whenever a record is news. */
  constructor(kinds: readonly KindDefinition[], changed: () => void = () => undefined) {
    this.kinds = new Set(kinds.map(({ kind }) => kind))
    this.changed = changed
  }

  get(key: ObjectKey): ObjectRecord | undefined {
    return this.records.get(objectKeyText(key))
  }

  replace(kind: KindDefinition, documents: readonly KubeDocument[], path: string): void {
    if (!this.kinds.has(kind.kind)) return
    const gone = new Set([...this.records].flatMap(([text, { key }]) => (key.kind === kind.kind ? [text] : [])))
    for (const document of documents) {
      const key = keyOf(kind, document)
      gone.delete(objectKeyText(key))
      this.put(key, document, path)
    }
    for (const text of gone) this.records.delete(text)
  }

  /** `path` is that of the resource. */
  put(key: ObjectKey, document: KubeDocument, path: string): void {
    if (!this.kinds.has(key.kind)) return
    this.records.set(objectKeyText(key), recordOf(key, document, path))
    this.changed()
  }

  /** What the server answered to a write: the watch will say so too, later. */
  written({ key, resource }: ObjectRecord, document: KubeDocument): void {
    if (this.records.has(objectKeyText(key))) this.records.set(objectKeyText(key), recordOf(key, document, resource))
  }

  remove(key: ObjectKey): void {
    this.records.delete(objectKeyText(key))
  }
}

function recordOf(key: ObjectKey, document: KubeDocument, path: string): ObjectRecord {
  const { uid, resourceVersion, generation, namespace, name } = fieldsOf(document['metadata'])
  const at = path.lastIndexOf('/')
  const place = typeof namespace === 'string' ? `${path.slice(0, at)}/namespaces/${namespace}${path.slice(at)}` : path
  return {
    key,
    apiVersion: path.slice(0, at).replace(/^\/apis?\//, ''),
    resource: path,
    path: `${place}/${String(name)}`,
    uid: textOf(uid),
    resourceVersion: textOf(resourceVersion),
    generation: typeof generation === 'number' ? generation : undefined,
    status: fieldsOf(document['status']),
  }
}

export function conditionsOf({ status }: Pick<ObjectRecord, 'status'>): readonly KubeDocument[] {
  return itemsOf(status['conditions']).map(fieldsOf)
}

/** The identity of a document of a kind; items of lists do not say their kind. */
export function keyOf({ kind }: Pick<KindDefinition, 'kind'>, document: KubeDocument): ObjectKey {
  const { name, namespace } = fieldsOf(document['metadata'])
  return { kind, namespace: typeof namespace === 'string' ? namespace : 'default', name: String(name) }
}
