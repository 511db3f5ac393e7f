import { isKind, type ObjectOf } from '@meshwork/config/kinds'
import { serviceKey, type Service } from '@meshwork/config/registry'
import { buildRouteMatch } from '@meshwork/pilot/translate'
import type { MeshModel } from '../trace/mesh-model.ts'
import { placesOf, type RulePlace } from '../trace/rule-places.ts'
import type { Cite, Citation } from '../trace/step.ts'
import { kubernetesOrEntry } from '../trace/outbound.ts'
import type { Json } from './json-reader.ts'
import { messageSummary } from './match-summary.ts'
import { originOf } from './config-dump.ts'

/** The object that made a row, and where it stands. Both empty if that is not known. */
export interface RowOrigin {
  /** `VirtualService default/reviews`. */
  readonly object: string
  /** `file:line`. */
  readonly origin: string
}

/** Says which object made a part of a proxy's configuration. */
export interface RowOrigins {
  /** `match`: the route's match in words, as `matchSummary` writes it. */
  readonly ofRoute: (route: Json, match: string, host: string) => RowOrigin
  readonly ofCluster: (name: string) => RowOrigin
  readonly ofListener: (address: string, port: number) => RowOrigin
  readonly ofEndpoint: (cluster: string, address: string, port: number) => RowOrigin
}

const NOWHERE: RowOrigin = { object: '', origin: '' }

/** Without the objects a row still shows the path that pilot wrote into it. */
export const UNKNOWN_ORIGINS: RowOrigins = {
  ofRoute: route => ({ object: '', origin: originOf(route) }),
  ofCluster: () => NOWHERE,
  ofListener: () => NOWHERE,
  ofEndpoint: () => NOWHERE,
}

export function rowOrigins(model: MeshModel, cite: Cite): RowOrigins {
  const { registry, gateways } = model.snapshot
  const cited = (citation: Citation | undefined): RowOrigin =>
    citation === undefined ? NOWHERE : { object: citation.object, origin: `${citation.file}:${citation.line}` }
  const ofService = (service: Service | undefined, port: number): RowOrigin => {
    if (service === undefined) return NOWHERE
    const index = service.ports.findIndex(({ number }) => number === port)
    return cited(cite(kubernetesOrEntry(service), index < 0 ? 'metadata.name' : `spec.ports[${index}]`))
  }
  const serviceOf = (host: string): Service | undefined => registry.services.find(({ hostname }) => hostname === host)
  return {
    ofRoute: (route, match, host) => {
      const place = placeOf(route, match, model)
      if (place !== undefined) return cited(cite(place.object, place.path))
      const [, hostname = '', port = ''] = /^(.*):(\d+)$/.exec(host) ?? []
      return ofService(serviceOf(hostname), Number(port))
    },
    ofCluster: name => {
      const [, port = '', subset = '', host = ''] = name.split('|')
      const rule = subsetOf(host, subset, model, cite)
      return rule === undefined ? ofService(serviceOf(host), Number(port)) : cited(rule)
    },
    ofListener: (address, port) => {
      const service =
        registry.services.find(({ addresses, ports }) => addresses.includes(address) && ports.some(({ number }) => number === port)) ??
        registry.services.find(({ ports }) => ports.some(({ number }) => number === port))
      const gateway = gateways.find(({ spec }) => spec.servers.some(server => server.port.number === port))
      if (gateway === undefined) return service === undefined ? cited(sidecarListener(port, model, cite)) : ofService(service, port)
      return cited(cite(gateway, `spec.servers[${gateway.spec.servers.findIndex(server => server.port.number === port)}]`))
    },
    ofEndpoint: (cluster, address, port) => {
      const service = serviceOf(cluster.split('|')[3] ?? '')
      const endpoints = service === undefined ? [] : (registry.endpoints.get(serviceKey(service)) ?? [])
      const workload = endpoints.find(each => each.address === address && each.port === port)?.workload
      const pod = model.objects
        .filter(object => isKind(object, 'Pod'))
        .find(({ meta }) => meta.name === workload?.name && meta.namespace === workload.namespace)
      return pod === undefined ? ofService(service, Number(cluster.split('|')[1])) : cited(cite(pod, 'metadata.name'))
    },
  }
}

/** The subset in the DestinationRule that has it; the rule itself for the whole host. */
function subsetOf(host: string, subset: string, { snapshot }: MeshModel, cite: Cite): Citation | undefined {
  const rules = snapshot.destinationRules.filter(({ spec }) => spec.host === host)
  if (subset === '') {
    const [first] = rules.filter(({ spec }) => spec.trafficPolicy !== undefined)
    return first === undefined ? undefined : cite(first, 'spec.trafficPolicy')
  }
  const found = rules
    .map(rule => ({ rule, index: rule.spec.subsets.findIndex(({ name }) => name === subset) }))
    .find(({ index }) => index >= 0)
  return found === undefined ? undefined : cite(found.rule, `spec.subsets[${found.index}]`)
}

/** Without capture a Sidecar object opens the ports of its workload. */
function sidecarListener(port: number, { snapshot }: MeshModel, cite: Cite): Citation | undefined {
  for (const sidecar of snapshot.sidecars) {
    const ingress = sidecar.spec.ingress.findIndex(each => each.port.number === port)
    if (ingress >= 0) return cite(sidecar, `spec.ingress[${ingress}]`)
    const egress = (sidecar.spec.egress ?? []).findIndex(each => each.port?.number === port)
    if (egress >= 0) return cite(sidecar, `spec.egress[${egress}]`)
  }
  return undefined
}

/** The rule that a route was made from; the object alone where none has its match. */
function placeOf(route: Json, match: string, model: MeshModel): Pick<RulePlace, 'object' | 'path'> | undefined {
  const [, namespace, name] = /\/namespaces\/([^/]+)\/virtual-service\/([^/]+)$/.exec(originOf(route)) ?? []
  const object = model.objects
    .filter((each): each is ObjectOf<'VirtualService'> => isKind(each, 'VirtualService'))
    .find(({ meta }) => meta.namespace === namespace && meta.name === name)
  if (object === undefined) return undefined
  const found = placesOf(object, model).find(place => messageSummary(buildRouteMatch(place.match)) === match)
  return found ?? { object, path: 'metadata.name' }
}
