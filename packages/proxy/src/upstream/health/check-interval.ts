import type { HealthCheckConfig } from '../../model/health-check.ts'

/** What a result did to the host: nothing, a change, or a step towards one. */
export type Transition = 'unchanged' | 'changed' | 'pending'

/**
 * Milliseconds from the end of a check to the next one (HealthCheck.interval and its relatives). `traffic`: the cluster has
 * ever had a connection for a request. `random` gives numbers in [0, 1).
 */
export function nextInterval(
  config: HealthCheckConfig,
  fit: boolean,
  transition: Transition,
  traffic: boolean,
  random: () => number,
): number {
  const base = baseInterval(config, fit, transition, traffic)
  const jitter = config.intervalJitterMs + (base * config.intervalJitterPercent) / 100
  return jitter === 0 ? base : base + Math.floor(random() * jitter)
}

function baseInterval(config: HealthCheckConfig, fit: boolean, transition: Transition, traffic: boolean): number {
  if (!traffic) return fit ? config.noTrafficHealthyIntervalMs : config.noTrafficIntervalMs
  switch (transition) {
    case 'unchanged':
      return fit ? config.intervalMs : config.unhealthyIntervalMs
    case 'changed':
      return fit ? config.healthyEdgeIntervalMs : config.unhealthyEdgeIntervalMs
    case 'pending':
      return config.intervalMs
  }
}
