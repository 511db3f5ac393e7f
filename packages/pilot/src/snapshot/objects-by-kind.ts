import { type ConfigObject, type ObjectKey, objectKeyText } from '@meshwork/config/kinds'

/** By kind, then by `kind/namespace/name`. */
export type ObjectTables = ReadonlyMap<string, ReadonlyMap<string, ConfigObject>>

/** All objects. `current` is immutable and shares the kinds that did not change since it was last asked for. */
export class ObjectsByKind {
  private readonly live = new Map<string, Map<string, ConfigObject>>()
  private shared: ObjectTables = new Map()
  /** Kinds that differ from their table in `shared`. */
  private readonly changed = new Set<string>()

  set(object: ConfigObject): void {
    const { kind, meta } = object
    const objects = this.live.get(kind) ?? new Map<string, ConfigObject>()
    this.live.set(kind, objects.set(objectKeyText({ kind, namespace: meta.namespace, name: meta.name }), object))
    this.changed.add(kind)
  }

  /** False if there was no such object. */
  delete(key: ObjectKey): boolean {
    const deleted = this.live.get(key.kind)?.delete(objectKeyText(key)) ?? false
    if (deleted) this.changed.add(key.kind)
    return deleted
  }

  /** Kinds in the order in which they first came. */
  current(): ObjectTables {
    const keep = (kind: string): ReadonlyMap<string, ConfigObject> | undefined =>
      this.changed.has(kind) ? undefined : this.shared.get(kind)
    this.shared = new Map([...this.live].map(([kind, objects]) => [kind, keep(kind) ?? new Map(objects)]))
    this.changed.clear()
    return this.shared
  }
}
