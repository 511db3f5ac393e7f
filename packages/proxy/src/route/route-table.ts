import type { RouteConfig, RouteTableConfig, VirtualHostConfig } from '../model/route.ts'
import { CompiledRoute } from './compiled-route.ts'
import { HostIndex } from './host-index.ts'
import type { RequestView } from './request-view.ts'
import { RouteIndex } from './route-index.ts'
import { compileRouteMatcher, type RouteSource } from './route-matcher.ts'

interface CompiledVirtualHost {
  readonly requireTls: VirtualHostConfig['requireTls']
  /** Taken by requests that did not come over TLS, if the host demands it. */
  readonly toTls: CompiledRoute
  readonly routes: RouteSource
}

function compileRoutes(host: VirtualHostConfig, table: RouteTableConfig): RouteSource {
  const compile = (routes: readonly RouteConfig[]): RouteIndex => new RouteIndex(routes.map(route => new CompiledRoute(route, host, table)))
  return host.matcher === null ? compile(host.routes) : compileRouteMatcher(host.matcher, compile)
}

/** A route table ready for requests: hosts and routes are found by index, in the order that RouteConfiguration defines. */
export class RouteTable {
  readonly config: RouteTableConfig
  private readonly hosts = new HostIndex<CompiledVirtualHost>()

  constructor(config: RouteTableConfig) {
    this.config = config
    for (const host of config.virtualHosts) {
      const compiled = {
        requireTls: host.requireTls,
        toTls: new CompiledRoute(TO_TLS, host, config),
        routes: compileRoutes(host, config),
      }
      for (const domain of host.domains) this.hosts.add(domain.toLowerCase(), compiled)
    }
  }

  /** The first route of the request's virtual host that matches, or null. `random` gives numbers in [0, 1). */
  match(request: RequestView, random: () => number): CompiledRoute | null {
    const host = this.virtualHost(request.authority)
    if (host === null) return null
    if (host.requireTls !== 'none' && request.scheme !== 'https' && (host.requireTls === 'all' || !isInternal(request))) return host.toTls
    return host.routes.find(request, this.pathOf(request), random())
  }

  private virtualHost(authority: string): CompiledVirtualHost | null {
    if (this.config.ignorePortInHost) return this.hosts.find(withoutPort(authority).toLowerCase())
    return this.hosts.findExact(authority) ?? this.hosts.find(authority.toLowerCase())
  }

  /** What routes compare: the path without its query. */
  private pathOf({ path }: RequestView): string {
    const question = path.indexOf('?')
    const bare = question < 0 ? path : path.slice(0, question)
    const semicolon = this.config.ignorePathParameters ? bare.indexOf(';') : -1
    return semicolon < 0 ? bare : bare.slice(0, semicolon)
  }
}

function isInternal(request: RequestView): boolean {
  return request.requestHeaders.get('x-envoy-internal') === 'true'
}

const NO_HEADERS = { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [] }

/** VirtualHost.require_tls: 301 to the same host, port and path over https, as Envoy writes it. */
const TO_TLS: RouteConfig = {
  name: '',
  match: {
    path: { kind: 'prefix', value: '' },
    caseSensitive: true,
    headers: [],
    queryParameters: [],
    runtimeFractionPpm: null,
    grpcOnly: false,
    clientCertificate: { presented: null, validated: null },
    dynamicMetadata: [],
  },
  action: { kind: 'redirect', status: 301, scheme: 'https', host: null, port: 'keep', path: { kind: 'keep' }, stripQuery: false },
  headers: NO_HEADERS,
  perFilter: new Map(),
  metadata: {},
  bufferLimit: null,
  decorator: null,
}

function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(':')
  return colon < 0 || authority.endsWith(']') ? authority : authority.slice(0, colon)
}
