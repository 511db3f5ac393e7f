import type { Slot } from '@meshwork/core/metrics'
import type { ConnectionFacts } from '../../filters/filter.ts'
import type { RbacSubject } from '../../filters/rbac/compile.ts'
import type { RbacDecider } from '../../filters/rbac/decision.ts'
import { HeaderTable } from '../../http/header-table.ts'
import {
  CLOSED,
  GO_ON,
  type NetworkConnection,
  type NetworkFilter,
  type NetworkFilterBlueprint,
  type NetworkFilterDeps,
  type NetworkStatus,
} from '../network-filter.ts'

export const NETWORK_RBAC = 'envoy.filters.network.rbac'

/** `envoy.extensions.filters.network.rbac.v3.RBAC`. */
export interface NetworkRbacConfig {
  readonly statPrefix: string
  readonly shadowPrefix: string
  /** null: nothing is refused. */
  readonly enforced: RbacDecider | null
  /** Evaluated for statistics and metadata only. */
  readonly shadow: RbacDecider | null
}

const NO_HEADERS = new HeaderTable()

/** A connection as rules see it: what they say about requests matches nothing. */
class ConnectionSubject implements RbacSubject {
  readonly method = ''
  readonly path = ''
  readonly authority = ''
  readonly scheme = ''
  readonly requestHeaders: HeaderTable = NO_HEADERS
  readonly connection: ConnectionFacts
  readonly remoteAddress: string

  constructor(connection: ConnectionFacts) {
    this.connection = connection
    this.remoteAddress = connection.remoteAddress
  }

  dynamicMetadata(namespace: string): Readonly<Record<string, unknown>> | null {
    return this.connection.metadata[namespace] ?? null
  }
}

/**
 * Lets connections in by rules. All that rules can look at is known when the handshake is over, so the verdict is given then
 * and nothing of a refused connection reaches an upstream; Envoy waits for the first byte.
 */
class NetworkRbac implements NetworkFilter {
  private readonly config: NetworkRbacConfig
  private readonly deps: NetworkFilterDeps
  private readonly allowed: Slot
  private readonly denied: Slot
  private readonly shadowAllowed: Slot
  private readonly shadowDenied: Slot

  constructor(config: NetworkRbacConfig, deps: NetworkFilterDeps) {
    const { statPrefix, shadowPrefix } = config
    const scope = deps.stats.scope(`${statPrefix.replace(/\.$/, '')}.rbac.`, 'envoy_rbac_', { envoy_rbac_prefix: statPrefix })
    this.config = config
    this.deps = deps
    this.allowed = scope.counter('allowed')
    this.denied = scope.counter('denied')
    this.shadowAllowed = scope.counter(`${shadowPrefix}shadow_allowed`)
    this.shadowDenied = scope.counter(`${shadowPrefix}shadow_denied`)
  }

  /** What `ext_authz`'s `filter_enabled_metadata` reads. */
  private observe(connection: NetworkConnection, shadow: RbacDecider, subject: RbacSubject): void {
    const { shadowPrefix } = this.config
    const { allowed, policy } = shadow.decide(subject)
    this.deps.stats.add(allowed ? this.shadowAllowed : this.shadowDenied, 1)
    connection.mergeMetadata(NETWORK_RBAC, {
      [`${shadowPrefix}shadow_engine_result`]: allowed ? 'allowed' : 'denied',
      ...(policy === null ? {} : { [`${shadowPrefix}shadow_effective_policy_id`]: policy }),
    })
  }

  onConnection(connection: NetworkConnection): NetworkStatus {
    const subject = new ConnectionSubject(connection.facts)
    const { shadow, enforced } = this.config
    const { stats } = this.deps
    if (shadow !== null) this.observe(connection, shadow, subject)
    if (enforced === null) return GO_ON
    const { allowed, policy } = enforced.decide(subject)
    stats.add(allowed ? this.allowed : this.denied, 1)
    if (allowed) return GO_ON
    connection.close(`rbac_access_denied_matched_policy[${(policy ?? 'none').replaceAll(/\s/g, '_')}]`)
    return CLOSED
  }
}

export function networkRbac(config: NetworkRbacConfig): NetworkFilterBlueprint {
  return { kind: 'filter', name: NETWORK_RBAC, compile: deps => new NetworkRbac(config, deps) }
}
