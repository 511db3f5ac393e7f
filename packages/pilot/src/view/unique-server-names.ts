import type { GatewayServerInputs } from '../translate/listeners/inputs.ts'

/** Envoy takes wildcards for whole labels only. */
function isServerName(name: string): boolean {
  return !name.includes('*') || /^\*\.[^*]+$/.test(name)
}

/** Envoy refuses a listener with two filter chains for one server name, so the first one keeps it. */
export function withoutRepeatedNames(servers: readonly GatewayServerInputs[]): readonly GatewayServerInputs[] {
  const seen = new Set<string>()
  return servers.flatMap(server => {
    // '' stands for the chain that takes every name.
    const all = server.serverNames.length === 0 ? [''] : server.serverNames
    const fresh = all.filter(name => isServerName(name) && !seen.has(name.toLowerCase()) && seen.add(name.toLowerCase()))
    if (fresh.length === 0) return []
    return fresh.length === all.length ? [server] : [{ ...server, serverNames: fresh }]
  })
}
