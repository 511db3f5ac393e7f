import type { Graph, Input, Table } from '../derive/index.ts'
import { isKind, type ConfigObject, type KindName, type ObjectKey, type ObjectOf } from '../kinds/index.ts'

/** Takes the objects of one kind, whichever it is. */
export interface ObjectInput {
  readonly kind: KindName
  /** Takes effect at the next commit of the graph. */
  set(object: ConfigObject): void
  delete(key: ObjectKey): void
}

/** The objects of one kind as an input collection of a graph, by `namespace/name`. Objects of other kinds are passed over. */
export class KindInput<K extends KindName> implements ObjectInput {
  readonly kind: K
  private readonly input: Input<ObjectOf<K>>

  /** `equal` may leave out what nothing reads, so that a change of only that ends here. */
  constructor(graph: Graph, kind: K, equal?: (a: ObjectOf<K>, b: ObjectOf<K>) => boolean) {
    this.kind = kind
    this.input = graph.input<ObjectOf<K>>(kind, equal)
  }

  get table(): Table<ObjectOf<K>> {
    return this.input.table
  }

  set(object: ConfigObject): void {
    if (isKind(object, this.kind)) this.input.set(objectName(object.meta), object)
  }

  delete(key: ObjectKey): void {
    if (key.kind === this.kind) this.input.delete(objectName(key))
  }
}

/** The key of an object among those of its kind. */
export function objectName({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`
}
