import type { CircuitBreakers, CircuitBreakers_Thresholds } from '@meshwork/protos/envoy/config/cluster/v3/circuit_breaker'
import { RoutingPriority } from '@meshwork/protos/envoy/config/core/v3/base'
import type { CircuitLimits } from '../model/cluster.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'

/** Defaults of CircuitBreakers.Thresholds. */
const DEFAULT_LIMITS: CircuitLimits = {
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: 3,
  maxConnectionsPerHost: Infinity,
  retryBudget: null,
  trackRemaining: false,
}

/** RetryBudget: 20 percent and 3 retries unless set. */
const DEFAULT_BUDGET = { percent: 20, minRetries: 3 } as const

const FIELDS: FieldPolicy<CircuitBreakers_Thresholds> = {
  read: ['priority', 'maxConnections', 'maxPendingRequests', 'maxRequests', 'maxRetries', 'retryBudget', 'trackRemaining'],
  // There is one pool for each host and priority: what multiplies pools (per-connection pools) is refused.
  harmless: ['maxConnectionPools'],
}
const PER_HOST_FIELDS: FieldPolicy<CircuitBreakers_Thresholds> = { read: ['priority', 'maxConnections'], harmless: [] }

/** Limits for requests of default and of high priority. */
export function decodeCircuitBreakers(
  breakers: CircuitBreakers | undefined,
  report: Report,
): { readonly limits: CircuitLimits; readonly highLimits: CircuitLimits } {
  return {
    limits: decodeLimits(breakers, RoutingPriority.DEFAULT, report),
    highLimits: decodeLimits(breakers, RoutingPriority.HIGH, report),
  }
}

function decodeLimits(breakers: CircuitBreakers | undefined, wanted: RoutingPriority, report: Report): CircuitLimits {
  if (breakers === undefined) return DEFAULT_LIMITS
  const perHost = breakers.perHostThresholds.findIndex(({ priority }) => priority === wanted)
  const hostThresholds = breakers.perHostThresholds[perHost]
  if (hostThresholds !== undefined) refuseOtherFields(hostThresholds, PER_HOST_FIELDS, report.at('per_host_thresholds', perHost))
  const maxConnectionsPerHost = hostThresholds?.maxConnections ?? Infinity
  // The first entry of a priority counts.
  const index = breakers.thresholds.findIndex(({ priority }) => priority === wanted)
  const found = breakers.thresholds[index]
  if (found === undefined) return { ...DEFAULT_LIMITS, maxConnectionsPerHost }
  refuseOtherFields(found, FIELDS, report.at('thresholds', index))
  return {
    maxConnections: found.maxConnections ?? DEFAULT_LIMITS.maxConnections,
    maxPendingRequests: found.maxPendingRequests ?? DEFAULT_LIMITS.maxPendingRequests,
    maxRequests: found.maxRequests ?? DEFAULT_LIMITS.maxRequests,
    maxRetries: found.maxRetries ?? DEFAULT_LIMITS.maxRetries,
    maxConnectionsPerHost,
    retryBudget: decodeBudget(found),
    trackRemaining: found.trackRemaining,
  }
}

function decodeBudget({ retryBudget }: CircuitBreakers_Thresholds): CircuitLimits['retryBudget'] {
  if (retryBudget === undefined) return null
  return {
    percent: Math.min(100, Math.max(0, retryBudget.budgetPercent?.value ?? DEFAULT_BUDGET.percent)),
    minRetries: retryBudget.minRetryConcurrency ?? DEFAULT_BUDGET.minRetries,
  }
}
