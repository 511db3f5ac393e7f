import { type ConfigObject, isKind, type KindName, type MeshConfigSpec, type ObjectKey, type ObjectOf } from '@meshwork/config/kinds'
import type { ObjectTables } from '../snapshot/objects-by-kind.ts'
import { ingressObjects } from './ingress-objects.ts'
import { servesIngress } from './serves-ingress.ts'

/** Kinds that the result depends on. */
const SOURCES = ['Ingress', 'IngressClass', 'MeshConfig', 'Service'] as const

export interface IngressChange {
  readonly set: readonly ConfigObject[]
  readonly deleted: readonly ObjectKey[]
}

const NOTHING: IngressChange = { set: [], deleted: [] }

/** Keeps the objects that stand for Ingresses. State: those of the last time, to tell what goes. Owned by the snapshot store. */
export class IngressController {
  private readonly clusterDomain: string
  private readonly mesh: MeshConfigSpec
  private sources: readonly unknown[] = []
  private current = new Map<string, ConfigObject>()

  /** `mesh`: what holds without a MeshConfig object. */
  constructor(options: { readonly clusterDomain: string; readonly mesh: MeshConfigSpec }) {
    this.clusterDomain = options.clusterDomain
    this.mesh = options.mesh
  }

  /** What is to be set and deleted so that the derived objects fit `tables`, whose unchanged parts are the same objects as before. */
  follow(tables: ObjectTables): IngressChange {
    const sources = SOURCES.map(kind => tables.get(kind))
    if (sources.every((table, index) => table === this.sources[index])) return NOTHING
    this.sources = sources
    const ingresses = objectsOf(tables, 'Ingress')
    if (ingresses.length === 0 && this.current.size === 0) return NOTHING
    const objects = this.objects(ingresses, tables)
    const next = new Map(objects.map(object => [`${object.kind}/${object.meta.namespace}/${object.meta.name}`, object]))
    const deleted = [...this.current].flatMap(([key, { kind, meta }]) => (next.has(key) ? [] : [{ kind, ...meta }]))
    this.current = next
    return { set: [...next.values()], deleted }
  }

  private objects(ingresses: readonly ObjectOf<'Ingress'>[], tables: ObjectTables): readonly ConfigObject[] {
    const [oldest] = objectsOf(tables, 'MeshConfig').toSorted((a, b) => a.meta.createdAt - b.meta.createdAt)
    const mesh = oldest?.spec ?? this.mesh
    const classes = new Map(objectsOf(tables, 'IngressClass').map(object => [object.meta.name, object]))
    const services = new Map(objectsOf(tables, 'Service').map(object => [`${object.meta.namespace}/${object.meta.name}`, object]))
    return ingressObjects(
      ingresses.filter(ingress => servesIngress(ingress, classes, mesh)),
      {
        mesh,
        clusterDomain: this.clusterDomain,
        ports: (namespace, service, portName) =>
          services.get(`${namespace}/${service}`)?.spec.ports.find(port => port.name === portName)?.port,
      },
    )
  }
}

function objectsOf<K extends KindName>(tables: ObjectTables, kind: K): readonly ObjectOf<K>[] {
  return [...(tables.get(kind)?.values() ?? [])].filter(object => isKind(object, kind))
}
