import type { PodNetworkSpec, PodSpec } from '../../../net/index.ts'
import type { EndpointSpec, ProxySpec, Scenario } from '../scenario.ts'

/** User the proxies run under, exempt from redirection; Istio's number. */
export const PROXY_UID = 1337

const INTERCEPTION = { proxyUid: PROXY_UID, outboundPort: 15001, inboundPort: 15006, excludedInboundPorts: [15021] }

/** Caller without a proxy, where the recording names no source. */
const DEFAULT_OUTSIDE_ADDRESS = '10.44.6.1'

/** The network of a scenario: a pod per proxy; everything without a proxy lives at the switch. */
export function networkOf(scenario: Scenario): PodNetworkSpec {
  const proxied = new Set(scenario.proxies.map(proxy => proxy.ip))
  const plain = scenario.endpoints.map(endpoint => endpoint.ip).filter(ip => !proxied.has(ip))
  const sources = scenario.requests.flatMap(request => (request.from === 'outside' ? [request.source ?? DEFAULT_OUTSIDE_ADDRESS] : []))
  return {
    pods: scenario.proxies.map(podOf),
    plainAddresses: [...new Set([...plain, ...sources])],
    prefixLength: 16,
    gateway: '10.44.0.1',
  }
}

function podOf(proxy: ProxySpec): PodSpec {
  return { name: proxy.role, address: proxy.ip, interception: proxy.kind === 'sidecar' ? INTERCEPTION : null }
}

/** The pod an endpoint shares with its proxy, or null when it has none. */
export function podOfEndpoint(scenario: Scenario, endpoint: EndpointSpec): string | null {
  return scenario.proxies.find(proxy => proxy.ip === endpoint.ip)?.role ?? null
}

export function sourceOf(request: { readonly from: string; readonly source?: string }): string | undefined {
  return request.from === 'outside' ? (request.source ?? DEFAULT_OUTSIDE_ADDRESS) : undefined
}

/** Names in the certificate a TLS endpoint shows: what callers saw when TLS passed through to it. */
export function certificateNames(scenario: Scenario, endpoint: EndpointSpec): readonly string[] {
  const shown = scenario.expect.flatMap(({ must }) =>
    must.endpoint === endpoint.name && must.upstream?.sni !== undefined && must.serverCert !== undefined ? [must.serverCert] : [],
  )
  return shown.length > 0 ? [...new Set(shown)] : [endpoint.name]
}
