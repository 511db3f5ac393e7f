import type { GatewayServer, ObjectOf } from '@meshwork/config/kinds'
import { violation } from '@meshwork/core/result'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { HttpSettings } from '../translate/filters/inputs.ts'
import type { GatewayServerInputs, ListenerInputs } from '../translate/listeners/inputs.ts'
import type { RouteTableInputs } from '../translate/routes/inputs.ts'
import { type Caller, hasLabels } from '../translate/routes/static-match.ts'
import type { SecretInputs } from '../translate/secrets/inputs.ts'
import { isAutoPassthrough, type UnopenedService, unopenedServers, unopenedServices } from './auto-passthrough.ts'
import type { ListenersAndTables } from './captured-listeners.ts'
import { DeliveredSecrets } from './delivered-secrets.ts'
import { boundServices, gatewayTable, keyOfGateway, servesHost, uniqueOrigins } from './gateway-routes.ts'
import { endsTls, mergeServers, type OwnedServer, passesTls, readsHttp } from './gateway-servers.ts'
import { parseScopedHost } from './host-pattern.ts'
import type { RouteContext } from './route-inputs.ts'
import { tuningBy } from './tcp-tuning.ts'
import { plainWays, tlsWays } from './tcp-ways.ts'
import type { ViewFinding } from './view-finding.ts'
import { withoutRepeatedNames } from './unique-server-names.ts'

/** Everything that is particular to a gateway proxy. */
export interface GatewaySide extends ListenersAndTables {
  readonly secrets: readonly SecretInputs[]
  readonly findings: readonly ViewFinding[]
  /** Services whose TLS passes through unopened. */
  readonly unopened: readonly UnopenedService[]
}

interface GatewayScope {
  readonly snapshot: MeshSnapshot
  readonly context: RouteContext
  readonly settings: HttpSettings
  readonly secrets: DeliveredSecrets
  /** Keys of all Gateways that select the proxy. */
  readonly gateways: readonly string[]
}

/** Listeners, tables and secrets of a gateway proxy: the servers of all Gateways that select it, merged by address and port. */
export function gatewaySide(snapshot: MeshSnapshot, context: RouteContext, settings: HttpSettings): GatewaySide {
  const gateways = snapshot.gateways.filter(gateway => selects(gateway, context, snapshot))
  const secrets = new DeliveredSecrets(context.identity.mayHoldKeys ? snapshot.secrets : null, context.identity.namespace)
  const scope: GatewayScope = { snapshot, context, settings, secrets, gateways: gateways.map(keyOfGateway) }
  const servers = gateways.flatMap(gateway => gateway.spec.servers.map(server => ({ gateway, server })))
  const listeners: ListenerInputs[] = []
  const tables: RouteTableInputs[] = []
  const findings: ViewFinding[] = []
  const unopened: UnopenedService[] = []
  for (const owned of Map.groupBy(servers, owned => placeKey(owned, context)).values()) {
    const merged = mergeServers(owned)
    const parts = merged.groups.map(group => serverPart(group, scope))
    findings.push(...merged.leftOut.map(({ reason, ...each }) => findingOf(each, '', reason)), ...missingCredentials(owned, secrets))
    tables.push(...parts.flatMap(part => part.table ?? []))
    unopened.push(...parts.flatMap(part => part.unopened ?? []))
    const listener = portListener(owned, parts, scope)
    if (listener !== undefined) listeners.push(listener)
  }
  return { listeners, tables, secrets: secrets.inputs, findings, unopened }
}

/** A Gateway selects pods of every namespace, unless the mesh confines it to its own. */
function selects(gateway: ObjectOf<'Gateway'>, { identity }: RouteContext, { mesh }: MeshSnapshot): boolean {
  if (mesh.scopeGatewayToNamespace && gateway.meta.namespace !== identity.namespace) return false
  return hasLabels(identity.labels, gateway.spec.selector)
}

/** Where the server listens in the end: two ports of objects may lead to one port of the pods. */
function placeKey({ server }: OwnedServer, context: RouteContext): string {
  return `${server.bind || defaultBind(context)} ${listenPort(server.port.number, context)}`
}

function missingCredentials(owned: readonly OwnedServer[], secrets: DeliveredSecrets): readonly ViewFinding[] {
  return owned.flatMap(each => {
    const { tls } = each.server
    const credential = tls === undefined || !endsTls(each) ? undefined : secrets.serverCredential(tls)
    return credential?.kind === 'missing' ? [findingOf(each, '.tls', credential.reason)] : []
  })
}

function findingOf({ gateway, server }: OwnedServer, field: string, reason: string): ViewFinding {
  const path = `spec.servers[${gateway.spec.servers.indexOf(server)}]${field}`
  return { origin: gateway.origin, violation: violation(path, 'left-out', reason) }
}

function portListener(owned: readonly OwnedServer[], parts: readonly ServerPart[], scope: GatewayScope): ListenerInputs | undefined {
  const [first] = owned
  const servers = withoutRepeatedNames(parts.flatMap(part => part.servers))
  if (first === undefined || servers.length === 0) return undefined
  const { bind, port } = first.server
  const address = bind === undefined || bind === '' ? defaultBind(scope.context) : bind
  return {
    kind: 'gateway-port',
    place: { address, port: listenPort(port.number, scope.context), bound: true },
    servers,
    settings: scope.settings,
    origins: uniqueOrigins(owned.map(({ gateway }) => gateway.origin)),
  }
}

/** A gateway that shares its machine's loopback with others must not open its ports to the network. */
function defaultBind(context: RouteContext): string {
  const { ip, interception } = context.identity
  return interception === 'none' && ip.startsWith('127.') ? ip : '0.0.0.0'
}

/** Behind a service that maps ports, the gateway listens where the service sends the port of the Gateway object. */
function listenPort(port: number, context: RouteContext): number {
  return context.identity.ownPorts.find(own => own.servicePort === port)?.port ?? port
}

interface ServerPart {
  readonly servers: readonly GatewayServerInputs[]
  readonly table?: RouteTableInputs
  readonly unopened?: readonly UnopenedService[]
}

function serverPart(group: readonly OwnedServer[], scope: GatewayScope): ServerPart {
  const [first] = group
  if (first === undefined) return { servers: [] }
  const { identity } = scope.context
  const caller = { namespace: identity.namespace, labels: identity.labels, gateways: scope.gateways, port: first.server.port.number }
  if (isAutoPassthrough(first)) {
    const unopened = unopenedServices(first, scope.context)
    return { servers: unopenedServers(first, unopened), unopened }
  }
  if (!readsHttp(first)) return { servers: tcpServers(first, caller, scope) }
  const name = tableName(first)
  return {
    servers: [{ name, ...tlsOf(first, scope), content: { kind: 'http', routeName: name } }],
    table: gatewayTable(name, group, caller, scope.snapshot, scope.context),
  }
}

/** `http.80`, `https.443.web.gateway.namespace`; with the address where a server has its own. */
function tableName(owned: OwnedServer): string {
  const { server, gateway } = owned
  const { number, name } = server.port
  const bind = server.bind === undefined || server.bind === '' ? '' : `.${server.bind}`
  return endsTls(owned) ? `https.${number}.${name}.${gateway.meta.name}.${gateway.meta.namespace}${bind}` : `http.${number}${bind}`
}

function tlsOf(owned: OwnedServer, scope: GatewayScope): Pick<GatewayServerInputs, 'serverNames' | 'tls' | 'credential'> {
  const { tls } = owned.server
  if (tls === undefined || !endsTls(owned)) return { serverNames: [], tls: undefined, credential: { kind: 'files' } }
  return { serverNames: sniNames(owned.server), tls, credential: scope.secrets.serverCredential(tls) }
}

function sniNames(server: GatewayServer): readonly string[] {
  const hosts = server.hosts.map(host => parseScopedHost(host).host.toLowerCase())
  return hosts.includes('*') ? [] : [...new Set(hosts)]
}

/** Opaque servers: SNI ways of PASSTHROUGH, the TCP rules of the oldest VirtualService otherwise. */
function tcpServers(owned: OwnedServer, caller: Caller, scope: GatewayScope): readonly GatewayServerInputs[] {
  const { server } = owned
  const passthrough = passesTls(owned)
  const tuningOf = tuningBy(scope.context)
  const services = boundServices(owned, scope.snapshot).filter(vs => vs.spec.hosts.some(host => servesHost(owned, vs, host)))
  const ways = services.flatMap(vs => {
    const tcp = { caller, clusterDomain: scope.context.clusterDomain, virtualServices: [vs], tuningOf }
    return passthrough ? tlsWays(vs, tcp) : plainWays(vs, tcp)
  })
  const chosen = passthrough ? ways : ways.slice(0, 1)
  return chosen.map(({ serverNames, destinations }, index) => ({
    name: `${server.port.name}-${index}`,
    ...(passthrough ? { serverNames, tls: server.tls, credential: { kind: 'files' as const } } : tlsOf(owned, scope)),
    content: { kind: 'tcp', destinations },
  }))
}
