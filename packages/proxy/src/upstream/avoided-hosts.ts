import { isDeepStrictEqual } from 'node:util'
import type { HostPredicate, RetryPolicy } from '../model/retry-policy.ts'
import type { Host } from './host.ts'

/** Hosts that an attempt should not go to while there are others. A plain list is one. */
export interface AvoidedHosts {
  includes(host: Host): boolean
  /** Priorities that were tried and are left out; absent: hosts of all priorities may be chosen. */
  readonly priorities?: ReadonlySet<number>
}

const NONE: readonly Host[] = []

/** What a repetition avoids by its policy (`retry_host_predicate`, `retry_priority`). `tried`: hosts that failed, oldest first. */
export function avoidedHosts({ hosts, previousPriorities }: RetryPolicy, tried: readonly Host[]): AvoidedHosts {
  if (tried.length === 0) return NONE
  const others = hosts.filter(({ kind }) => kind !== 'previous-hosts')
  const avoidsTried = others.length < hosts.length
  if (others.length === 0 && previousPriorities === null) return avoidsTried ? tried : NONE
  const priorities = previousPriorities === null ? undefined : triedPriorities(tried, previousPriorities.updateFrequency)
  return {
    includes: host => (avoidsTried && tried.includes(host)) || others.some(predicate => refuses(predicate, host)),
    ...(priorities === undefined ? {} : { priorities }),
  }
}

/** Envoy's label of a canary (`envoy.lb`: `canary: true`). */
export function isCanary(host: Host): boolean {
  return labelsOf(host)['canary'] === true
}

function refuses(predicate: HostPredicate, host: Host): boolean {
  if (predicate.kind === 'omit-canary') return isCanary(host)
  if (predicate.kind !== 'omit-metadata') return false
  const labels = labelsOf(host)
  const wanted = Object.entries(predicate.labels)
  return wanted.length > 0 && wanted.every(([key, value]) => isDeepStrictEqual(labels[key], value))
}

function labelsOf(host: Host): Readonly<Record<string, unknown>> {
  const labels = host.metadata['envoy.lb']
  return typeof labels === 'object' && labels !== null ? { ...labels } : {}
}

/** They are taken notice of after so many attempts each (`update_frequency`). */
function triedPriorities(tried: readonly Host[], updateFrequency: number): ReadonlySet<number> {
  const noticed = tried.length - (tried.length % updateFrequency)
  return new Set(tried.slice(0, noticed).map(({ endpoint }) => endpoint.priority))
}
