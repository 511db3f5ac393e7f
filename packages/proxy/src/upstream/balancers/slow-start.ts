import type { SlowStartConfig } from '../../model/balancing.ts'
import type { Host } from '../host.ts'
import type { BalancerDeps } from './balancer.ts'

/** The part of its weight that a host has by its age (`SlowStartConfig`). null: all of it. */
export type SlowStart = (host: Host) => number

export function slowStart(config: SlowStartConfig | null, { clock }: BalancerDeps): SlowStart | null {
  if (config === null || config.windowMs === 0) return null
  const { windowMs, aggression, minShare } = config
  return host => {
    const ageMs = Math.max(1, clock.monotonicMs() - host.sinceMs)
    return ageMs >= windowMs ? 1 : Math.max(minShare, (ageMs / windowMs) ** (1 / aggression))
  }
}
