import { isGrpc, isHttp, type ModelPort, type Service } from '@meshwork/config/registry'
import { BLACK_HOLE_CLUSTER, PASSTHROUGH_CLUSTER } from '../translate/clusters/cluster-name.ts'
import type { HttpSettings } from '../translate/filters/inputs.ts'
import type { ListenerInputs, OutboundHttpInputs, OutboundTcpInputs } from '../translate/listeners/inputs.ts'
import { placeName } from '../translate/listeners/listener-base.ts'
import type { RouteTableInputs } from '../translate/routes/inputs.ts'
import type { EgressScope } from './outbound-scope.ts'
import { portTable, type RouteContext } from './route-inputs.ts'
import { MESH_GATEWAY } from '../translate/routes/static-match.ts'
import { tcpPlaces } from './tcp-places.ts'
import { tuningBy } from './tcp-tuning.ts'
import { tcpWays } from './tcp-ways.ts'
import { distinctWays } from './distinct-ways.ts'

const ANY_ADDRESS = '0.0.0.0'

export interface ListenersAndTables {
  readonly listeners: readonly ListenerInputs[]
  readonly tables: readonly RouteTableInputs[]
}

/**
 * Listeners for captured outbound traffic, one for each port with HTTP and one for each address with anything else.
 * Two services that want one address for different protocols conflict; the older one keeps it (traffic.md 2.2).
 */
export function capturedListeners(scope: EgressScope, context: RouteContext, settings: HttpSettings): ListenersAndTables {
  const listeners = new Map<string, OutboundHttpInputs | OutboundTcpInputs>()
  const tuningOf = tuningBy(context)
  const tables = new Map<string, RouteTableInputs>()
  for (const service of scope.services) {
    for (const port of service.ports) {
      if (port.protocol === 'udp') continue
      if (isHttp(port.protocol)) addHttp(listeners, tables, { service, port, scope, context, settings, tuningOf })
      else addTcp(listeners, tables, { service, port, scope, context, settings, tuningOf })
    }
  }
  return { listeners: [...listeners.values()], tables: [...tables.values()] }
}

interface PortOfService {
  readonly service: Service
  readonly port: ModelPort
  readonly scope: EgressScope
  readonly context: RouteContext
  readonly settings: HttpSettings
  readonly tuningOf: ReturnType<typeof tuningBy>
}

function addHttp(listeners: Map<string, ListenerInputs>, tables: Map<string, RouteTableInputs>, at: PortOfService): void {
  const { port, scope, context, settings } = at
  const place = { address: ANY_ADDRESS, port: port.number, bound: false }
  const key = placeName(place)
  if (listeners.has(key)) return
  const routeName = String(port.number)
  listeners.set(key, {
    kind: 'outbound-http',
    place,
    routeName,
    httpProxy: false,
    grpc: isGrpc(port.protocol),
    settings,
    origins: [at.service.origin],
  })
  tables.set(routeName, portTable(routeName, port.number, scope, context))
}

function addTcp(listeners: Map<string, ListenerInputs>, tables: Map<string, RouteTableInputs>, at: PortOfService): void {
  const { service, port, scope, context, settings } = at
  const tcp = {
    caller: { namespace: context.identity.namespace, labels: context.identity.labels, gateways: [MESH_GATEWAY], port: port.number },
    clusterDomain: context.clusterDomain,
    virtualServices: scope.virtualServices,
    tuningOf: at.tuningOf,
  }
  const detectHttp = port.protocol === 'auto' ? `${service.hostname}:${port.number}` : null
  if (detectHttp !== null) {
    const only: EgressScope = { ...scope, services: [service] }
    tables.set(detectHttp, portTable(detectHttp, port.number, only, context))
  }
  const otherwise = context.outboundPolicy === 'ALLOW_ANY' ? PASSTHROUGH_CLUSTER : BLACK_HOLE_CLUSTER
  for (const { address, subnets } of tcpPlaces(service, port, context.identity.dnsCapture, context.endpoints)) {
    const place = { address, port: port.number, bound: false }
    const ways = tcpWays(service, port, tcp, address === ANY_ADDRESS && subnets.length === 0)
    const here = ways.map(way => (way.subnets.length === 0 ? { ...way, subnets } : way))
    const known = listeners.get(placeName(place))
    if (known === undefined)
      listeners.set(placeName(place), {
        kind: 'outbound-tcp',
        place,
        ways: here,
        detectHttp,
        otherwise,
        settings,
        origins: [service.origin],
      })
    else if (known.kind === 'outbound-tcp')
      listeners.set(placeName(place), {
        ...known,
        ways: distinctWays([...known.ways, ...here]),
        origins: [...known.origins, service.origin],
      })
  }
}
