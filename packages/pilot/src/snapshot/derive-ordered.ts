import type { Derived, Graph, Table } from '@meshwork/config/derive'
import type { ConfigObject, KindName, ObjectOf } from '@meshwork/config/kinds'
import { KindInput, ONLY } from '@meshwork/config/registry'

/** The objects of one kind as generators read them. */
export interface OrderedKind<K extends KindName, O extends ObjectOf<K> = ObjectOf<K>> {
  readonly input: KindInput<K>
  /** By `ONLY`: all of them, oldest first (equal age: by namespace and name). */
  readonly ordered: Derived<readonly O[]>
}

/** Adds a kind whose objects are read as they are. */
export function deriveOrdered<K extends KindName>(graph: Graph, kind: K): OrderedKind<K> {
  const input = new KindInput(graph, kind)
  return { input, ordered: order(graph, kind, input.table) }
}

/** Adds a kind whose objects are completed first, each once for as long as it does not change. */
export function deriveCompleted<K extends KindName>(graph: Graph, kind: K, complete: (object: ObjectOf<K>) => ObjectOf<K>): OrderedKind<K> {
  const input = new KindInput(graph, kind)
  const completed = graph.derive<ObjectOf<K>>({
    name: `${kind} completed`,
    inputs: [input.table],
    keys: read => read.keys(input.table),
    compute: (key, read) => {
      const object = read.get(input.table, key)
      return object === undefined ? undefined : complete(object)
    },
  })
  return { input, ordered: order(graph, kind, completed.table) }
}

/** The objects of a table, oldest first. */
export function order<O extends ConfigObject>(graph: Graph, kind: string, objects: Table<O>): Derived<readonly O[]> {
  return graph.derive<readonly O[]>({
    name: `${kind} in order`,
    inputs: [objects],
    keys: () => [ONLY],
    // The list comes sorted by namespace and name, and sorting by age keeps that among equals.
    compute: (_, read) =>
      read
        .list(objects)
        .map(([, object]) => object)
        .toSorted((a, b) => a.meta.createdAt - b.meta.createdAt),
    equal: Object.is,
  })
}
