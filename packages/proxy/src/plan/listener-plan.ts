import { ConnectionPlan, type RouteSlot, type Runtime } from '../http/connection-plan.ts'
import type { FilterChainConfig, HttpConnectionManagerConfig, ListenerConfig } from '../model/listener.ts'
import { FilterChainMatcher } from '../net/match-filter-chain.ts'
import { TcpProxyPlan } from '../net/tcp-proxy-plan.ts'
import { RouteTable } from '../route/route-table.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import { ServerTlsContext } from '../tls/server-context.ts'

/** One filter chain ready to take connections. */
export interface ChainPlan {
  readonly config: FilterChainConfig
  readonly tls: ServerTlsContext | null
  readonly terminal: ConnectionPlan | TcpProxyPlan
}

export interface PlanDeps {
  readonly runtime: Runtime
  readonly secrets: SecretProvider
  /** The slot of a delivered route table, made on first mention. */
  routeSlot(name: string): RouteSlot
}

/** A listener's configuration compiled. Connections keep the plan they were accepted under. */
export class ListenerPlan {
  readonly config: ListenerConfig
  readonly matcher: FilterChainMatcher<ChainPlan>
  private readonly chains: readonly ChainPlan[]

  constructor(config: ListenerConfig, deps: PlanDeps) {
    const compiled = config.filterChains.map(chain => ({ config: chain, value: compileChain(chain, config, deps) }))
    const fallback = config.defaultFilterChain === null ? null : compileChain(config.defaultFilterChain, config, deps)
    this.config = config
    this.matcher = new FilterChainMatcher(compiled, fallback)
    this.chains = [...compiled.map(({ value }) => value), ...(fallback === null ? [] : [fallback])]
  }

  /** Clients on this plan are asked to leave at the end of their next request. */
  drain(): void {
    for (const { terminal } of this.chains) if (terminal instanceof ConnectionPlan) terminal.draining = true
  }
}

function compileChain(chain: FilterChainConfig, listener: ListenerConfig, deps: PlanDeps): ChainPlan {
  const isHttp = chain.terminal.kind === 'http-connection-manager'
  return {
    config: chain,
    tls: chain.tls === null ? null : new ServerTlsContext(chain.tls, deps.secrets, protocol => !isHttp || protocol !== 'h2'),
    terminal:
      chain.terminal.kind === 'http-connection-manager'
        ? new ConnectionPlan(chain.terminal, deps.runtime, listener, routeSlotOf(chain.terminal, deps))
        : new TcpProxyPlan(chain.terminal, deps.runtime),
  }
}

function routeSlotOf(manager: HttpConnectionManagerConfig, deps: PlanDeps): RouteSlot {
  return manager.routes.kind === 'inline' ? { table: new RouteTable(manager.routes.table) } : deps.routeSlot(manager.routes.name)
}
