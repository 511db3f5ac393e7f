import type { ClusterView, OutlierRates } from '../engine/index.ts'
import type { RateFigures } from '../upstream/outlier/rate-sweep.ts'
import { type AdminPage, jsonAnswer, textAnswer } from './admin-page.ts'

/** Envoy's `name::host::figure::value` lines, or `format=json`. */
export function clustersPage(clusters: () => readonly ClusterView[]): AdminPage {
  return {
    path: '/clusters',
    help: 'print clusters and their hosts; ?format=json',
    changes: false,
    answer: ({ query }) =>
      query.get('format') === 'json'
        ? jsonAnswer({ cluster_statuses: clusters().map(clusterStatus) })
        : textAnswer(clusters().flatMap(clusterLines).join('')),
  }
}

function clusterStatus({ config, hosts, outlierRates }: ClusterView): unknown {
  return {
    name: config.name,
    added_via_api: true,
    ...percentField('success_rate_ejection_threshold', outlierRates?.answers.threshold),
    ...percentField('local_origin_success_rate_ejection_threshold', outlierRates?.reaches.threshold),
    circuit_breakers: config.limits,
    host_statuses: hosts.map(({ address, healthFlags, weight, priority, locality, stats, successRates }) => ({
      address: addressJson(address),
      stats: Object.entries(stats).map(([name, value]) => ({ name, value: String(value) })),
      health_status: healthStatus(healthFlags),
      ...percentField('success_rate', successRates?.answers),
      ...percentField('local_origin_success_rate', successRates?.reaches),
      weight,
      priority,
      locality,
    })),
  }
}

/** A `envoy.type.v3.Percent`, left out when it is not known. */
function percentField(name: string, value: number | undefined): Readonly<Record<string, unknown>> {
  return value === undefined || value < 0 ? {} : { [name]: { value } }
}

/** Names of `envoy.admin.v3.HostHealthStatus` for those of the text form. */
const STATUS_FIELDS: ReadonlyMap<string, string> = new Map([
  ['failed_active_hc', 'failed_active_health_check'],
  ['failed_outlier_check', 'failed_outlier_check'],
  ['degraded_active_hc', 'failed_active_degraded_check'],
  ['pending_dynamic_removal', 'pending_dynamic_removal'],
  ['pending_active_hc', 'pending_active_hc'],
  ['excluded_via_immediate_hc_fail', 'excluded_via_immediate_hc_fail'],
  ['active_hc_timeout', 'active_hc_timeout'],
])
const EDS_STATUSES: ReadonlyMap<string, string> = new Map([
  ['failed_eds_health', 'UNHEALTHY'],
  ['eds_status_draining', 'DRAINING'],
  ['degraded_eds_health', 'DEGRADED'],
])

function healthStatus(flags: string): unknown {
  const status: Record<string, unknown> = {}
  let eds = 'HEALTHY'
  for (const flag of flags.split('/')) {
    const field = STATUS_FIELDS.get(flag)
    if (field !== undefined) status[field] = true
    eds = EDS_STATUSES.get(flag) ?? eds
  }
  return { ...status, eds_health_status: eds }
}

/** `host:port` as envoy.config.core.v3.Address. */
function addressJson(address: string): unknown {
  const colon = address.lastIndexOf(':')
  if (colon < 0 || address.startsWith('/')) return { pipe: { path: address } }
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  return { socket_address: { address: host, port_value: Number(address.slice(colon + 1)) } }
}

function clusterLines({ config: { name, limits }, hosts, outlierRates }: ClusterView): readonly string[] {
  return [
    ...(outlierRates === null ? [] : outlierLines(name, outlierRates)),
    `${name}::default_priority::max_connections::${limits.maxConnections}\n`,
    `${name}::default_priority::max_pending_requests::${limits.maxPendingRequests}\n`,
    `${name}::default_priority::max_requests::${limits.maxRequests}\n`,
    `${name}::default_priority::max_retries::${limits.maxRetries}\n`,
    `${name}::added_via_api::true\n`,
    ...hosts.flatMap(host => [
      ...Object.entries(host.stats).map(([figure, value]) => `${name}::${host.address}::${figure}::${value}\n`),
      `${name}::${host.address}::health_flags::${host.healthFlags}\n`,
      `${name}::${host.address}::weight::${host.weight}\n`,
      `${name}::${host.address}::priority::${host.priority}\n`,
      `${name}::${host.address}::success_rate::${host.successRates?.answers ?? -1}\n`,
      `${name}::${host.address}::local_origin_success_rate::${host.successRates?.reaches ?? -1}\n`,
    ]),
  ]
}

function outlierLines(name: string, { answers, reaches }: OutlierRates<RateFigures>): readonly string[] {
  return [
    `${name}::outlier::success_rate_average::${answers.average}\n`,
    `${name}::outlier::success_rate_ejection_threshold::${answers.threshold}\n`,
    `${name}::outlier::local_origin_success_rate_average::${reaches.average}\n`,
    `${name}::outlier::local_origin_success_rate_ejection_threshold::${reaches.threshold}\n`,
  ]
}
