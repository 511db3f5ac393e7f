import type { StreamRecord } from './stream-record.ts'

/** Whether the request may become a tunnel: what its route says counts, else what the connection manager says. */
export function mayUpgrade({ plan, route, upgradeType }: StreamRecord): boolean {
  const rule = route?.action.kind === 'route' ? route.action.upgrades.get(upgradeType) : undefined
  return rule === undefined ? plan.config.upgrades.includes(upgradeType) : rule.enabled
}
