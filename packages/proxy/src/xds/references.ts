import { parseDeliveredName } from '../decode/index.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { FilterChainConfig, HttpConnectionManagerConfig, ListenerConfig } from '../model/listener.ts'
import type { RouteTableConfig } from '../model/route.ts'
import type { ScopeConfig } from '../model/scoped-routes.ts'
import type { CertificateSource, PeerValidation } from '../model/tls.ts'

/** Names of the clusters that requests may be sent to by this table. */
export function clustersOfTable(table: RouteTableConfig): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { routes } of table.virtualHosts) {
    for (const { action } of routes) {
      if (action.kind !== 'route') continue
      for (const { name } of action.clusters) names.add(name)
    }
  }
  return names
}

/** Names of the clusters that the listener itself names, not those of tables that come by RDS. */
export function clustersOfListener(listener: ListenerConfig): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { terminal } of chainsOf(listener)) {
    if (terminal.kind === 'tcp-proxy') for (const { name } of terminal.clusters) names.add(name)
    else if (terminal.kind === 'http-connection-manager')
      for (const table of inlineTables(terminal.routes)) for (const name of clustersOfTable(table)) names.add(name)
  }
  return names
}

/** Names of the route tables that must come by RDS. */
export function tablesOfListener(listener: ListenerConfig): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { terminal } of chainsOf(listener)) {
    if (terminal.kind !== 'http-connection-manager') continue
    const { routes } = terminal
    const parts = routes.kind === 'scoped' ? (routes.scopes ?? []).map(scope => scope.routes) : [routes]
    for (const part of parts) if (part.kind === 'rds') names.add(part.name)
  }
  return names
}

/** Whether scopes must come by SRDS. */
export function wantsScopes(listener: ListenerConfig): boolean {
  return chainsOf(listener).some(
    ({ terminal }) => terminal.kind === 'http-connection-manager' && terminal.routes.kind === 'scoped' && terminal.routes.scopes === null,
  )
}

/** Names of the route tables that must come by RDS for these scopes. */
export function tablesOfScopes(scopes: Iterable<ScopeConfig>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { routes } of scopes) if (routes.kind === 'rds') names.add(routes.name)
  return names
}

export function clustersOfScope({ routes }: ScopeConfig): ReadonlySet<string> {
  return routes.kind === 'inline' ? clustersOfTable(routes.table) : NO_NAMES
}

const NO_NAMES: ReadonlySet<string> = new Set()

function inlineTables(routes: HttpConnectionManagerConfig['routes']): readonly RouteTableConfig[] {
  const parts = routes.kind === 'scoped' ? (routes.scopes ?? []).map(scope => scope.routes) : [routes]
  return parts.flatMap(part => (part.kind === 'inline' ? [part.table] : []))
}

function chainsOf(listener: ListenerConfig): readonly FilterChainConfig[] {
  return listener.defaultFilterChain === null ? listener.filterChains : [...listener.filterChains, listener.defaultFilterChain]
}

/** EDS names of the clusters whose endpoints come by EDS. */
export function servicesOfClusters(clusters: Iterable<ClusterConfig>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { discovery } of clusters) if (discovery.kind === 'eds') names.add(discovery.serviceName)
  return names
}

export function tablesOfListeners(listeners: Iterable<ListenerConfig>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const listener of listeners) for (const name of tablesOfListener(listener)) names.add(name)
  return names
}

/** Names of the secrets that the control plane must deliver for this listener. */
export function secretsOfListener(listener: ListenerConfig): ReadonlySet<string> {
  return new Set(chainsOf(listener).flatMap(({ tls }) => (tls === null ? [] : deliveredSecrets(tls.certificates, tls.validation))))
}

/** Names of the secrets that the control plane must deliver for this cluster. */
export function secretsOfCluster({ transportSockets }: ClusterConfig): ReadonlySet<string> {
  return new Set(
    transportSockets.flatMap(({ tls }) =>
      tls === null ? [] : deliveredSecrets(tls.certificate === null ? [] : [tls.certificate], tls.validation),
    ),
  )
}

function deliveredSecrets(certificates: readonly CertificateSource[], validation: PeerValidation | null): readonly string[] {
  const roots = validation?.roots ?? null
  const sources = roots === null ? certificates : [...certificates, roots]
  return sources.flatMap(source => ('name' in source ? (parseDeliveredName(source.name) ?? []) : []))
}
