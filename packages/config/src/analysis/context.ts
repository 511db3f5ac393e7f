import {
  covers,
  isKind,
  type ConfigObject,
  type KindName,
  type Labels,
  type MeshConfigSpec,
  type ObjectOf,
  type RawObject,
} from '../kinds/index.ts'
import { buildRegistry, fullGatewayName, fullHost, selects, type Service, type ServiceRegistry } from '../registry/index.ts'
import { type Document, documentOf, documentOfObject } from './document.ts'
import type { Subject } from './finding.ts'
import { HostIndex } from './host-index.ts'
import { type AnalysedWorkload, WORKLOAD_KINDS, workloadOf } from './workloads.ts'

export interface AnalysisOptions {
  /** `cluster.local` if unset. */
  readonly clusterDomain?: string
  /** The documents of all kinds, for rules about kinds that are not parsed (Deployment, ConfigMap …). The objects alone if unset. */
  readonly documents?: readonly RawObject[]
}

/** All objects, by the questions that rules ask. */
export class AnalysisContext {
  readonly objects: readonly ConfigObject[]
  readonly documents: readonly Document[]
  readonly registry: ServiceRegistry
  readonly clusterDomain: string
  /** Pods, and what makes pods. */
  readonly workloads: readonly AnalysedWorkload[]
  private readonly byKind: ReadonlyMap<string, readonly ConfigObject[]>
  private readonly documentsByKind: ReadonlyMap<string, readonly Document[]>
  private readonly gatewaysByName: ReadonlyMap<string, ObjectOf<'Gateway'>>
  private readonly rulesByHost = new HostIndex<ObjectOf<'DestinationRule'>>()
  private readonly servicesByHost: ReadonlyMap<string, Service>
  private readonly wildcardServices: readonly Service[]

  constructor(objects: readonly ConfigObject[], options: AnalysisOptions = {}) {
    this.objects = objects
    this.byKind = Map.groupBy(objects, ({ kind }) => kind)
    this.documents = options.documents === undefined ? objects.map(documentOfObject) : options.documents.map(documentOf)
    this.documentsByKind = Map.groupBy(this.documents, ({ kind }) => kind)
    this.clusterDomain = options.clusterDomain ?? 'cluster.local'
    this.registry = buildRegistry(objects, { clusterDomain: this.clusterDomain, trustDomain: this.clusterDomain })
    this.gatewaysByName = new Map(this.of('Gateway').map(gateway => [`${gateway.meta.namespace}/${gateway.meta.name}`, gateway]))
    for (const rule of this.of('DestinationRule')) this.rulesByHost.add(this.fullHost(rule.spec.host, rule), rule)
    this.servicesByHost = new Map(this.registry.services.map(service => [service.hostname.toLowerCase(), service]))
    this.wildcardServices = this.registry.services.filter(({ hostname }) => hostname.startsWith('*'))
    this.workloads = this.documentsOf(...WORKLOAD_KINDS).flatMap(document => workloadOf(document) ?? [])
  }

  of<K extends KindName>(kind: K): readonly ObjectOf<K>[] {
    return (this.byKind.get(kind) ?? []).filter((object): object is ObjectOf<K> => isKind(object, kind))
  }

  /** The documents of some kinds, whether or not they could be parsed. */
  documentsOf(...kinds: readonly string[]): readonly Document[] {
    return kinds.flatMap(kind => this.documentsByKind.get(kind) ?? [])
  }

  /** The settings of the mesh, if any object states them. */
  get mesh(): MeshConfigSpec | undefined {
    return this.of('MeshConfig')[0]?.spec
  }

  get rootNamespace(): string {
    return this.mesh?.rootNamespace ?? 'istio-system'
  }

  /** The workloads that a selector means: of its namespace, of all in the root namespace. An empty selector means all of them. */
  selected(selector: Labels, namespace: string): readonly AnalysedWorkload[] {
    const everywhere = namespace === this.rootNamespace
    const all = Object.keys(selector).length === 0
    return this.workloads.filter(each => (everywhere || each.namespace === namespace) && (all || selects(selector, each.labels)))
  }

  /** The service that a host in `object` means; a wildcard service only if no other has the name. */
  service(host: string, object: Subject): Service | undefined {
    const full = this.fullHost(host, object)
    return this.servicesByHost.get(full.toLowerCase()) ?? this.wildcardServices.find(({ hostname }) => covers(hostname, full))
  }

  fullHost(host: string, object: Subject): string {
    return fullHost(host, object.meta.namespace, this.clusterDomain)
  }

  /** The Gateway that a name in `object` means. */
  gateway(name: string, object: Subject): ObjectOf<'Gateway'> | undefined {
    return this.gatewaysByName.get(fullGatewayName(name, object.meta.namespace))
  }

  /** The DestinationRules for the host that `host` in `object` means. */
  destinationRules(host: string, object: Subject): readonly ObjectOf<'DestinationRule'>[] {
    return this.rulesByHost.overlapping(this.fullHost(host, object))
  }
}
