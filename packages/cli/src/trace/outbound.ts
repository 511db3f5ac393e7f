import { ViewGenerator, type GeneratedView } from '@meshwork/pilot/push'
import { planView, viewIdentity, type ViewPlan } from '@meshwork/pilot/view'
import type { Origin } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { MeshModel } from './mesh-model.ts'
import type { TracedRequest } from './request.ts'
import type { Source } from './source.ts'
import { type Cite, type Step, step } from './step.ts'

/** All that the proxy of the caller was given, by the translation of pilot itself. */
export interface CallerView {
  readonly plan: ViewPlan
  readonly view: GeneratedView
}

export function callerView({ node }: Source, { snapshot }: MeshModel): CallerView {
  const plan = planView(viewIdentity(node, snapshot), snapshot)
  return { plan, view: new ViewGenerator().generate(plan) }
}

type ListenerInputs = ViewPlan['listeners'][number]

/** Where a listener sends a connection. */
export type Target =
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'clusters'; readonly destinations: readonly { readonly cluster: string; readonly weight: number }[] }

export interface Taken {
  readonly steps: readonly Step[]
  /** Undefined where the way ends. */
  readonly target: Target | undefined
}

/** Finds the listener that gets the connection, and what it does with it. */
export function listenerSteps(caller: CallerView, request: TracedRequest, source: Source, model: MeshModel, cite: Cite): Taken {
  if (source.node.kind === 'router') return gatewayListener(caller.plan, request, model, cite)
  const service = serviceFor(request.host, source.node.namespace, model)
  const { listener, why } = chooseListener(caller.plan.listeners, request, service)
  if (listener === undefined) return unknownPort(caller.plan.listeners, request)
  return enter(listener, why, request, service, cite)
}

/** The service that a name in a request means, with the search list of a pod. */
export function serviceFor(host: string, namespace: string, { snapshot }: MeshModel): Service | undefined {
  const names = [
    host,
    `${host}.${namespace}.svc.${snapshot.clusterDomain}`,
    `${host}.svc.${snapshot.clusterDomain}`,
    `${host}.${snapshot.clusterDomain}`,
  ]
  const all = snapshot.registry.services
  return (
    names.map(name => all.find(({ hostname }) => hostname.toLowerCase() === name.toLowerCase())).find(each => each !== undefined) ??
    all.find(({ addresses }) => addresses.includes(host)) ??
    all.find(({ hostname }) => hostname.startsWith('*') && host.endsWith(hostname.slice(1)))
  )
}

interface Chosen {
  readonly listener: ListenerInputs | undefined
  readonly why: string
}

/** By the address that was dialled, else by its port; without capture by the proxy that the application calls. */
function chooseListener(listeners: readonly ListenerInputs[], { port, scheme }: TracedRequest, service: Service | undefined): Chosen {
  const placed = listeners.filter(each => each.kind === 'outbound-http' || each.kind === 'outbound-tcp')
  const proxy = placed.find(each => each.kind === 'outbound-http' && each.httpProxy)
  const captures = listeners.some(each => each.kind === 'capture-outbound')
  if (!captures && proxy !== undefined && scheme === 'http')
    return { listener: proxy, why: 'the application calls its proxy by http_proxy' }
  const addresses = service?.addresses ?? []
  const exact = placed.find(({ place }) => place.port === port && addresses.includes(place.address))
  if (exact !== undefined)
    return {
      listener: exact,
      why: `the connection goes to ${exact.place.address}:${port}, the address of ${service?.hostname ?? 'the service'}`,
    }
  const wide = placed.find(({ place }) => place.port === port && place.address === '0.0.0.0')
  return { listener: wide, why: `the connection goes to port ${port}, whatever the address` }
}

function unknownPort(listeners: readonly ListenerInputs[], { host, port }: TracedRequest): Taken {
  const capture = listeners.find(each => each.kind === 'capture-outbound')
  if (capture === undefined) {
    const ends = 'the connection does not pass the proxy: it goes out as it is'
    return { steps: [step('listener', `no listener for port ${port}`, { because: 'traffic is not captured', ends })], target: undefined }
  }
  const because = `no service of the mesh has port ${port} (${host})`
  const ends = endOf(capture.otherwise)
  return { steps: [step('listener', 'virtualOutbound 0.0.0.0:15001', { because, ends })], target: undefined }
}

function endOf(cluster: string): string {
  if (cluster.startsWith('outbound|')) return `it goes to the egressProxy of the Sidecar (${cluster})`
  return cluster === 'PassthroughCluster'
    ? 'it goes to the address that was dialled, unchanged (PassthroughCluster). Add a ServiceEntry to route it, secure it and see it'
    : 'the connection is closed (BlackHoleCluster): outboundTrafficPolicy is REGISTRY_ONLY. Add a ServiceEntry for the host'
}

function enter(listener: ListenerInputs, why: string, request: TracedRequest, service: Service | undefined, cite: Cite): Taken {
  const at = service === undefined ? [] : [cite(kubernetesOrEntry(service), 'spec.ports')]
  if (listener.kind === 'outbound-http') {
    const { address, port } = listener.place
    const chosen = step('listener', `${address}:${port} speaks HTTP and looks at the host`, { because: why, at })
    return { steps: [chosen], target: { kind: 'table', name: listener.routeName } }
  }
  if (listener.kind !== 'outbound-tcp') return { steps: [], target: undefined }
  const { address, port } = listener.place
  if (listener.detectHttp !== null && request.scheme === 'http') {
    const because = `${why}; the port declares no protocol, and the first bytes are HTTP`
    return {
      steps: [step('listener', `${address}:${port} finds HTTP`, { because, at })],
      target: { kind: 'table', name: listener.detectHttp },
    }
  }
  const way =
    listener.ways.find(({ serverNames }) => request.scheme === 'https' && serverNames.some(name => nameFits(name, request.host))) ??
    listener.ways.find(({ serverNames }) => serverNames.length === 0)
  if (way === undefined) {
    const ends = 'the connection is closed: no filter chain matches'
    return {
      steps: [step('listener', `${address}:${port} knows no way for ${request.host}`, { because: why, at, ends })],
      target: undefined,
    }
  }
  const by = way.serverNames.length > 0 ? `the server name ${request.host} (SNI)` : 'the connection alone: its bytes are opaque'
  return {
    steps: [step('listener', `${address}:${port} goes by ${by}`, { because: why, at })],
    target: { kind: 'clusters', destinations: way.destinations },
  }
}

/** A name to cite a service by. */
export function kubernetesOrEntry({ registry, name, namespace, origin }: Service): Parameters<Cite>[0] {
  return { kind: registry === 'kubernetes' ? 'Service' : 'ServiceEntry', meta: { namespace, name }, origin }
}

function nameFits(pattern: string, name: string): boolean {
  return pattern === name || (pattern.startsWith('*') && name.endsWith(pattern.slice(1)))
}

function gatewayListener(plan: ViewPlan, request: TracedRequest, { snapshot }: MeshModel, cite: Cite): Taken {
  const ports = plan.listeners.filter(each => each.kind === 'gateway-port')
  const port = ports.find(({ place }) => place.port === request.port)
  if (port === undefined) {
    const open = ports.map(({ place }) => place.port)
    const because = open.length === 0 ? 'no Gateway selects these proxies' : `the gateways open ${open.join(', ')}`
    const ends = 'the connection is refused. Add a server with this port to the Gateway'
    return { steps: [step('listener', `nobody listens on port ${request.port}`, { because, ends })], target: undefined }
  }
  const server =
    port.servers.find(({ serverNames }) => request.scheme === 'https' && serverNames.some(name => nameFits(name, request.host))) ??
    port.servers.find(
      ({ serverNames, tls }) => serverNames.length === 0 && (tls === undefined || tls.httpsRedirect) === (request.scheme !== 'https'),
    ) ??
    port.servers.find(({ serverNames }) => serverNames.length === 0 || serverNames.includes('*'))
  const isOrigin = ({ origin }: { readonly origin: Origin }): boolean =>
    port.origins.some(each => each.file === origin.file && each.line === origin.line)
  const at = snapshot.gateways
    .filter(isOrigin)
    .flatMap(gateway =>
      gateway.spec.servers.flatMap((each, i) =>
        each.hosts.some(host => nameFits(host.slice(host.indexOf('/') + 1), request.host)) ? [cite(gateway, `spec.servers[${i}]`)] : [],
      ),
    )
  if (server === undefined) {
    const ends = 'the connection is closed: no server of the gateway has this name'
    return { steps: [step('listener', `0.0.0.0:${request.port} knows no server for ${request.host}`, { at, ends })], target: undefined }
  }
  const tls = server.tls === undefined ? '' : `, TLS mode ${server.tls.mode}`
  const taken = step('listener', `0.0.0.0:${request.port} of the gateway${tls}`, { at, because: 'a Gateway opens this port' })
  const target: Target =
    server.content.kind === 'http'
      ? { kind: 'table', name: server.content.routeName }
      : { kind: 'clusters', destinations: server.content.destinations }
  return { steps: [taken], target }
}
