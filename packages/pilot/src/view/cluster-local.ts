import type { MeshConfigSpec } from '@meshwork/config/kinds'

/**
 * Services of which each cluster has its own: Kubernetes' API and what runs beside it, and the control plane. Unless settings say
 * otherwise.
 */
const ALWAYS_LOCAL: readonly string[] = ['kubernetes.default.svc.*', '*.kube-system.svc.*']

interface Setting {
  readonly host: string
  readonly isLocal: boolean
}

/** Whether clients only see the endpoints of a host that are in their own cluster. The most specific host of the settings decides. */
export function clusterLocalHosts({ serviceSettings, rootNamespace }: MeshConfigSpec): (hostname: string) => boolean {
  const stated = serviceSettings.flatMap(({ hosts, settings }) => hosts.map(host => ({ host, isLocal: settings.clusterLocal })))
  const defaults = [...ALWAYS_LOCAL, `istiod.${rootNamespace}.svc.*`].map(host => ({ host, isLocal: true }))
  const bySpecificity = [...stated.toSorted((a, b) => specificity(b) - specificity(a)), ...defaults]
  return hostname => bySpecificity.find(({ host }) => covers(host, hostname))?.isLocal ?? false
}

/** Full names before patterns, longer patterns before shorter ones. */
function specificity({ host }: Setting): number {
  return host.startsWith('*') ? host.length : Number.MAX_SAFE_INTEGER
}

/** `*` at either end stands for anything. */
function covers(pattern: string, hostname: string): boolean {
  if (pattern === '*') return true
  const start = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined
  if (start?.startsWith('*') === true) return hostname.includes(start.slice(1))
  if (start !== undefined) return hostname.startsWith(start)
  return pattern.startsWith('*') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern
}
