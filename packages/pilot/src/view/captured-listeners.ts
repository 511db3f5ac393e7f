import { isGrpc, isHttp, type ModelPort, type Service } from '@meshwork/config/registry'
import type { HttpSettings } from '../translate/filters/inputs.ts'
import type { ListenerInputs, OutboundHttpInputs, OutboundTcpInputs } from '../translate/listeners/inputs.ts'
import { placeName } from '../translate/listeners/listener-base.ts'
import type { RouteTableInputs } from '../translate/routes/inputs.ts'
import type { EgressScope } from './outbound-scope.ts'
import { Remembered } from '../snapshot/remembered.ts'
import { rememberedPortTable } from './port-tables.ts'
import type { RouteContext } from './route-inputs.ts'
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
  const listeners = new Map<string, CapturedInputs>()
  const tuningOf = tuningBy(context)
  const tables = new Map<string, RouteTableInputs>()
  for (const { service, port } of portsToOpen(scope.services)) {
    if (isHttp(port.protocol)) addHttp(listeners, tables, { service, port, scope, context, settings, tuningOf })
    else addTcp(listeners, tables, { service, port, scope, context, settings, tuningOf })
  }
  return { listeners: [...listeners.values()], tables: [...tables.values()] }
}

interface OpenPort {
  readonly service: Service
  readonly port: ModelPort
}

const openPorts = new Remembered<readonly OpenPort[]>()

/** Of HTTP the first service of each port, as the others are in its table; of all else every one that can have a listener. */
function portsToOpen(services: readonly Service[]): readonly OpenPort[] {
  return openPorts.get(services, '', [], () => {
    const http = new Set<number>()
    return services.flatMap(service =>
      service.ports.flatMap(port => {
        // Without an address of its own, the name of another service would take every connection to its port.
        const opaque = port.protocol !== 'udp' && service.externalName === undefined
        if (isHttp(port.protocol) ? http.has(port.number) : !opaque) return []
        if (isHttp(port.protocol)) http.add(port.number)
        return [{ service, port }]
      }),
    )
  })
}

type CapturedInputs = OutboundHttpInputs | OutboundTcpInputs

interface PortOfService {
  readonly service: Service
  readonly port: ModelPort
  readonly scope: EgressScope
  readonly context: RouteContext
  readonly settings: HttpSettings
  readonly tuningOf: ReturnType<typeof tuningBy>
}

function addHttp(listeners: Map<string, CapturedInputs>, tables: Map<string, RouteTableInputs>, at: PortOfService): void {
  const { port, scope, context, settings } = at
  const place = { address: ANY_ADDRESS, port: port.number, bound: false }
  const key = placeName(place)
  const known = listeners.get(key)
  const routeName = String(port.number)
  // A port that looks for HTTP shares its table with those that declare it.
  if (known !== undefined && (known.kind === 'outbound-http' || known.detectHttp === null)) return
  if (known === undefined) {
    const grpc = isGrpc(port.protocol)
    listeners.set(key, { kind: 'outbound-http', place, routeName, httpProxy: false, grpc, settings, origins: [at.service.origin] })
  }
  tables.set(routeName, rememberedPortTable(routeName, port.number, scope, context))
}

function addTcp(listeners: Map<string, CapturedInputs>, tables: Map<string, RouteTableInputs>, at: PortOfService): void {
  const { service, port, scope, context } = at
  const { identity, clusterDomain } = context
  const tcp = {
    caller: { namespace: identity.namespace, labels: identity.labels, gateways: [MESH_GATEWAY], port: port.number },
    clusterDomain,
    virtualServices: scope.virtualServices,
    tuningOf: at.tuningOf,
  }
  for (const { address, subnets } of tcpPlaces(service, port, identity.dnsCapture, context.endpoints)) {
    const shared = address === ANY_ADDRESS
    const ways = tcpWays(service, port, tcp, shared && subnets.length === 0)
    const detectHttp = port.protocol === 'auto' ? detectionTable(tables, at, shared) : null
    const place = { address, port: port.number, bound: false }
    const here: OutboundTcpInputs = {
      kind: 'outbound-tcp',
      place,
      ways: distinctWays(ways.map(way => (way.subnets.length === 0 ? { ...way, subnets } : way))),
      detectHttp,
      otherwise: context.elsewhere,
      ...(port.protocol === 'mongo' && { mongo: true }),
      settings: at.settings,
      origins: [service.origin],
    }
    listeners.set(placeName(place), joined(listeners.get(placeName(place)), here))
  }
}

/** The table for what turns out to be HTTP: of the service alone, or of the port, where connections to other services come too. */
function detectionTable(tables: Map<string, RouteTableInputs>, { service, port, scope, context }: PortOfService, shared: boolean): string {
  const name = shared ? String(port.number) : `${service.hostname}:${port.number}`
  const seen: EgressScope = shared ? scope : { ...scope, services: [service] }
  tables.set(name, rememberedPortTable(name, port.number, seen, context))
  return name
}

/** What an older service has stays as it is; a younger one adds what does not contradict it. */
function joined(older: CapturedInputs | undefined, younger: OutboundTcpInputs): CapturedInputs {
  if (older === undefined) return younger
  const origins = [...older.origins, ...younger.origins]
  if (older.kind === 'outbound-tcp') return { ...older, ways: distinctWays([...older.ways, ...younger.ways]), origins }
  // Requests go on as before; what is none may be for a service whose port does not say what it speaks.
  return younger.detectHttp === null ? older : { ...younger, detectHttp: older.routeName, origins }
}
