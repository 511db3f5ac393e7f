import type { HttpMatch, HttpRoute } from '@meshwork/config/kinds'
import { VirtualHost } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { encodeMessage } from '@meshwork/protos/encode-message'
import { Remembered } from '../../snapshot/remembered.ts'
import { buildHostRoutes, type TableSettings } from './build-host-routes.ts'
import { clustersOfRoutes } from './clusters-of.ts'
import { fullHost } from './destination.ts'
import type { DestinationFacts, VirtualHostInputs } from './inputs.ts'
import { MESH_GATEWAY } from './static-match.ts'

/** The routes of a host as they stand in its message, which tables of all namespaces share: only the names of the host differ. */
export interface HostFragment {
  /** The field `routes` of a VirtualHost, and nothing else. */
  readonly bytes: Uint8Array
  /** Where the routes lead. */
  readonly clusters: readonly string[]
}

const fragments = new Remembered<HostFragment>()

export function hostFragment(inputs: VirtualHostInputs, facts: ReadonlyMap<string, DestinationFacts>, table: TableSettings): HostFragment {
  const [first] = inputs.rules
  const anchor = first?.http ?? facts.get(inputs.service ?? '')
  // What Mixer is told is different for each workload.
  if (anchor === undefined || table.mixer !== null) return encoded(inputs, facts, table)
  return fragments.get(anchor, keyOf(inputs, table), dependencies(inputs, facts, table), () => encoded(inputs, facts, table))
}

const EMPTY_HOST = VirtualHost.fromPartial({})

function encoded(inputs: VirtualHostInputs, facts: ReadonlyMap<string, DestinationFacts>, table: TableSettings): HostFragment {
  const routes = buildHostRoutes(inputs, facts, table)
  return { bytes: encodeMessage(VirtualHost, { ...EMPTY_HOST, routes }), clusters: [...clustersOfRoutes(routes)] }
}

function keyOf({ service, port, caller, rules }: VirtualHostInputs, { clusterDomain, onlyPortCounts, endsTls }: TableSettings): string {
  const inMesh = caller.gateways.includes(MESH_GATEWAY)
  const settings = `${service} ${port} ${caller.port} ${inMesh} ${onlyPortCounts} ${endsTls} ${clusterDomain}`
  if (!rules.some(({ http }) => asksForCaller(http))) return settings
  return `${settings} ${JSON.stringify([caller.namespace, caller.labels, caller.gateways])}`
}

const asking = new Remembered<boolean>()

/** Whether conditions of the rules are decided by who the caller is. */
export function asksForCaller(http: readonly HttpRoute[]): boolean {
  return asking.get(http, '', [], () => http.some(({ match }) => match.some(namesCaller)))
}

function namesCaller({ sourceNamespace, sourceLabels, gateways }: HttpMatch): boolean {
  return (sourceNamespace ?? '') !== '' || Object.keys(sourceLabels).length > 0 || gateways.length > 0
}

/** By identity: rules, and facts of all hosts that they send to. */
function dependencies(inputs: VirtualHostInputs, facts: ReadonlyMap<string, DestinationFacts>, table: TableSettings): readonly unknown[] {
  const { rules, service } = inputs
  const items: unknown[] = [table.defaultRetries, facts.get(service ?? '')]
  for (const { meta, http } of rules) {
    items.push(http, meta.name, meta.namespace)
    for (const host of destinationsOf(http, meta.namespace, table.clusterDomain)) items.push(facts.get(host))
  }
  return items
}

const destinations = new Remembered<readonly string[]>()

function destinationsOf(http: readonly HttpRoute[], namespace: string, clusterDomain: string): readonly string[] {
  return destinations.get(http, `${namespace} ${clusterDomain}`, [], () => {
    const written = http.flatMap(rule => [
      ...[...rule.route, ...rule.mirrors].map(({ destination }) => destination.host),
      ...(rule.mirror === undefined ? [] : [rule.mirror.host]),
    ])
    return [...new Set(written.map(host => fullHost(host, namespace, clusterDomain)))]
  })
}
