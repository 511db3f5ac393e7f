import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import type { DownstreamTlsConfig } from '../model/tls.ts'
import { ConnectionPlan, type Runtime } from '../http/connection-plan.ts'
import type { RunningListenerFilter } from '../listener-filters/inspection.ts'
import type { FilterChainConfig, HttpConnectionManagerConfig, ListenerConfig, TerminalConfig } from '../model/listener.ts'
import type { ChainFilters } from '../net/connection-chain.ts'
import { type ChainChooser, NamedChainMatcher } from '../net/named-chain-matcher.ts'
import { FilterChainMatcher } from '../net/match-filter-chain.ts'
import { TcpProxyPlan } from '../tcp/tcp-proxy-plan.ts'
import { httpTerminal } from '../network-filters/http-connection-manager/filter.ts'
import { tcpTerminal } from '../network-filters/tcp-proxy/filter.ts'
import type { TerminalFilter } from '../network-filters/terminal-filter.ts'
import { RouteTable } from '../route/route-table.ts'
import { RouteSlot, type RouteTables, ScopeBook, ScopedRouteTables } from '../route/route-tables.ts'
import type { ScopeConfig } from '../model/scoped-routes.ts'
import { type AccessLog, compileAccessLogs } from '../telemetry/access-log.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import { ServerTlsContext } from '../tls/server-context.ts'

/** One filter chain ready to take connections. */
export interface ChainPlan extends ChainFilters {
  readonly config: FilterChainConfig
  readonly tls: ServerTlsContext | null
}

export interface PlanDeps {
  readonly runtime: Runtime
  readonly secrets: SecretProvider
  /** The slot of a delivered route table, made on first mention. */
  routeSlot(name: string): RouteSlot
  /** The scopes that come by SRDS. */
  readonly scopes: ScopeBook
}

/** A listener's configuration compiled. Connections keep the plan they were accepted under. */
export class ListenerPlan {
  readonly config: ListenerConfig
  readonly listenerFilters: readonly RunningListenerFilter[]
  readonly accessLogs: readonly AccessLog[]
  readonly matcher: ChainChooser<ChainPlan>
  private readonly chains: readonly ChainPlan[]

  constructor(config: ListenerConfig, deps: PlanDeps) {
    const compiled = config.filterChains.map(chain => ({ config: chain, value: compileChain(chain, config, deps) }))
    const fallback = config.defaultFilterChain === null ? null : compileChain(config.defaultFilterChain, config, deps)
    this.config = config
    this.listenerFilters = config.listenerFilters.map(blueprint => ({
      filter: blueprint.compile(deps.runtime),
      enabledFor: blueprint.enabledFor ?? ALWAYS,
    }))
    this.accessLogs = compileAccessLogs(config.accessLog, deps.runtime.sinks, deps.runtime.random)
    const { chainMatcher } = config
    this.matcher =
      chainMatcher === null ? new FilterChainMatcher(compiled, fallback) : new NamedChainMatcher(chainMatcher, compiled, fallback)
    this.chains = [...compiled.map(({ value }) => value), ...(fallback === null ? [] : [fallback])]
  }

  /** Clients on this plan are asked to leave at the end of their next request. */
  drain(): void {
    for (const { terminal } of this.chains) terminal.drain()
  }
}

const ALWAYS = (): boolean => true

function compileChain(chain: FilterChainConfig, listener: ListenerConfig, deps: PlanDeps): ChainPlan {
  return {
    config: chain,
    tls: chain.tls === null ? null : tlsContextOf(chain.tls, chain.terminal, deps),
    filters: chain.filters.map(filter => filter.compile(deps.runtime, listener)),
    terminal: compileTerminal(chain.terminal, listener, deps),
  }
}

function tlsContextOf(tls: DownstreamTlsConfig, terminal: TerminalConfig, { runtime, secrets }: PlanDeps): ServerTlsContext {
  return new ServerTlsContext(tls, secrets, runtime.clock, protocol => speaks(terminal, protocol))
}

/** Whether what follows TLS can go on in the protocol of an ALPN name. */
function speaks(terminal: TerminalConfig, protocol: string): boolean {
  if (terminal.kind !== 'http-connection-manager') return protocol !== TUNNEL_PROTOCOL
  return terminal.codec !== 'http1' || (protocol !== 'h2' && protocol !== TUNNEL_PROTOCOL)
}

function compileTerminal(terminal: TerminalConfig, listener: ListenerConfig, deps: PlanDeps): TerminalFilter {
  switch (terminal.kind) {
    case 'http-connection-manager':
      return httpTerminal(new ConnectionPlan(terminal, deps.runtime, listener, routeTablesOf(terminal, deps)))
    case 'tcp-proxy':
      return tcpTerminal(new TcpProxyPlan(terminal, deps.runtime))
    case 'terminal':
      return terminal.compile(deps.runtime)
  }
}

function routeTablesOf({ routes }: HttpConnectionManagerConfig, deps: PlanDeps): RouteTables {
  switch (routes.kind) {
    case 'inline':
      return new RouteSlot(new RouteTable(routes.table))
    case 'rds':
      return deps.routeSlot(routes.name)
    case 'scoped':
      return new ScopedRouteTables(routes.key, routes.scopes === null ? deps.scopes : bookOf(routes.scopes, deps))
  }
}

function bookOf(scopes: readonly ScopeConfig[], deps: PlanDeps): ScopeBook {
  const book = new ScopeBook()
  for (const { name, key, routes } of scopes) book.set(name, key, slotOfScope(routes, deps))
  return book
}

export function slotOfScope(routes: ScopeConfig['routes'], deps: Pick<PlanDeps, 'routeSlot'>): RouteSlot {
  return routes.kind === 'inline' ? new RouteSlot(new RouteTable(routes.table)) : deps.routeSlot(routes.name)
}
