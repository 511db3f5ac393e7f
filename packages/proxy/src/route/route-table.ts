import type { RouteConfig, RouteTableConfig, VirtualHostConfig } from '../model/route.ts'
import { CompiledRoute } from './compiled-route.ts'
import type { RequestView } from './request-view.ts'

interface CompiledVirtualHost {
  readonly name: string
  /** Taken by requests that did not come over TLS, if the host demands it. */
  readonly toTls: CompiledRoute | null
  readonly routes: readonly CompiledRoute[]
}

interface WildcardHost {
  readonly text: string
  readonly host: CompiledVirtualHost
}

/** Virtual hosts by name: exact, then the longest `*.suffix`, then the longest `prefix.*`, then `*` (RouteConfiguration). */
export class RouteTable {
  readonly config: RouteTableConfig
  private readonly exact = new Map<string, CompiledVirtualHost>()
  private readonly suffixes: WildcardHost[] = []
  private readonly prefixes: WildcardHost[] = []
  private fallback: CompiledVirtualHost | null = null

  constructor(config: RouteTableConfig) {
    this.config = config
    for (const host of config.virtualHosts) this.add(host, config)
    this.suffixes.sort((a, b) => b.text.length - a.text.length)
    this.prefixes.sort((a, b) => b.text.length - a.text.length)
  }

  /** The first route of the request's virtual host that matches, or null. */
  match(request: RequestView, random: () => number): CompiledRoute | null {
    const host = this.virtualHost(request.authority)
    if (host === null) return null
    if (host.toTls !== null && request.scheme !== 'https') return host.toTls
    const question = request.path.indexOf('?')
    const path = question < 0 ? request.path : request.path.slice(0, question)
    const { routes } = host
    for (let i = 0; i < routes.length; i++) {
      const route = routes[i]
      if (route?.matches(request, path, random) === true) return route
    }
    return null
  }

  private add(config: VirtualHostConfig, table: RouteTableConfig): void {
    const host: CompiledVirtualHost = {
      name: config.name,
      toTls: config.requireTls ? new CompiledRoute(TO_TLS, config, table.headers) : null,
      routes: config.routes.map(route => new CompiledRoute(route, config, table.headers)),
    }
    for (const domain of config.domains) this.addDomain(domain.toLowerCase(), host)
  }

  private addDomain(domain: string, host: CompiledVirtualHost): void {
    if (domain === '*') this.fallback = host
    else if (domain.startsWith('*')) this.suffixes.push({ text: domain.slice(1), host })
    else if (domain.endsWith('*')) this.prefixes.push({ text: domain.slice(0, -1), host })
    else this.exact.set(domain, host)
  }

  private virtualHost(authority: string): CompiledVirtualHost | null {
    const known = this.exact.get(authority)
    if (known !== undefined && !this.config.ignorePortInHost) return known
    const name = this.config.ignorePortInHost ? withoutPort(authority.toLowerCase()) : authority.toLowerCase()
    return this.exact.get(name) ?? this.wildcard(name) ?? this.fallback
  }

  private wildcard(name: string): CompiledVirtualHost | null {
    const suffix = this.suffixes.find(({ text }) => name.length > text.length && name.endsWith(text))
    if (suffix !== undefined) return suffix.host
    return this.prefixes.find(({ text }) => name.length > text.length && name.startsWith(text))?.host ?? null
  }
}

/** VirtualHost.require_tls ALL: 301 to the same host, port and path over https, as Envoy writes it. */
const TO_TLS: RouteConfig = {
  name: '',
  match: {
    path: { kind: 'prefix', value: '/' },
    caseSensitive: true,
    headers: [],
    queryParameters: [],
    runtimeFractionPpm: null,
    grpcOnly: false,
  },
  action: { kind: 'redirect', status: 301, scheme: 'https', host: null, port: 'keep', path: { kind: 'keep' }, stripQuery: false },
  headers: { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [] },
  perFilter: new Map(),
  metadata: {},
}

function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(':')
  return colon < 0 || authority.endsWith(']') ? authority : authority.slice(0, colon)
}
