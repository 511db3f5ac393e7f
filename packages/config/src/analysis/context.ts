import { covers, isKind, type ConfigObject, type KindName, type ObjectOf } from '../kinds/index.ts'
import { buildRegistry, fullGatewayName, fullHost, type Service, type ServiceRegistry } from '../registry/index.ts'
import { HostIndex } from './host-index.ts'

export interface AnalysisOptions {
  /** `cluster.local` if unset. */
  readonly clusterDomain?: string
}

/** All objects, by the questions that rules ask. */
export class AnalysisContext {
  readonly objects: readonly ConfigObject[]
  readonly registry: ServiceRegistry
  readonly clusterDomain: string
  private readonly byKind: ReadonlyMap<string, readonly ConfigObject[]>
  private readonly gatewaysByName: ReadonlyMap<string, ObjectOf<'Gateway'>>
  private readonly rulesByHost = new HostIndex<ObjectOf<'DestinationRule'>>()
  private readonly servicesByHost: ReadonlyMap<string, Service>
  private readonly wildcardServices: readonly Service[]

  constructor(objects: readonly ConfigObject[], options: AnalysisOptions = {}) {
    this.objects = objects
    this.byKind = Map.groupBy(objects, ({ kind }) => kind)
    this.clusterDomain = options.clusterDomain ?? 'cluster.local'
    this.registry = buildRegistry(objects, { clusterDomain: this.clusterDomain, trustDomain: this.clusterDomain })
    this.gatewaysByName = new Map(this.of('Gateway').map(gateway => [`${gateway.meta.namespace}/${gateway.meta.name}`, gateway]))
    for (const rule of this.of('DestinationRule')) this.rulesByHost.add(this.fullHost(rule.spec.host, rule), rule)
    this.servicesByHost = new Map(this.registry.services.map(service => [service.hostname.toLowerCase(), service]))
    this.wildcardServices = this.registry.services.filter(({ hostname }) => hostname.startsWith('*'))
  }

  of<K extends KindName>(kind: K): readonly ObjectOf<K>[] {
    return (this.byKind.get(kind) ?? []).filter((object): object is ObjectOf<K> => isKind(object, kind))
  }

  /** The service that a host in `object` means; a wildcard service only if no other has the name. */
  service(host: string, object: ConfigObject): Service | undefined {
    const full = this.fullHost(host, object)
    return this.servicesByHost.get(full.toLowerCase()) ?? this.wildcardServices.find(({ hostname }) => covers(hostname, full))
  }

  fullHost(host: string, object: ConfigObject): string {
    return fullHost(host, object.meta.namespace, this.clusterDomain)
  }

  /** The Gateway that a name in `object` means. */
  gateway(name: string, object: ConfigObject): ObjectOf<'Gateway'> | undefined {
    return this.gatewaysByName.get(fullGatewayName(name, object.meta.namespace))
  }

  /** The DestinationRules for the host that `host` in `object` means. */
  destinationRules(host: string, object: ConfigObject): readonly ObjectOf<'DestinationRule'>[] {
    return this.rulesByHost.overlapping(this.fullHost(host, object))
  }
}
