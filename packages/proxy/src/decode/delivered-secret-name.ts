/**
 * Secrets come from two places: the workload's own from the agent beside the proxy, those that the configuration names with
 * `ads` as their source (certificates of a gateway, say) from the control plane. One name may exist in both, so the latter
 * carry this mark inside the proxy.
 */
const PREFIX = 'delivered:'

export function deliveredName(name: string): string {
  return PREFIX + name
}

/** The name as the control plane knows it; null for secrets from elsewhere. */
export function parseDeliveredName(name: string): string | null {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null
}
