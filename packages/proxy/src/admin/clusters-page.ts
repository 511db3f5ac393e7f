import type { ClusterView, HostView, OutlierRates } from '../engine/index.ts'
import type { CircuitLimits } from '../model/cluster.ts'
import type { RateFigures } from '../upstream/outlier/rate-sweep.ts'
import { type AdminPage, jsonAnswer, textAnswer } from './admin-page.ts'
import { nameFilter } from './name-filter.ts'

/** Envoy's `name::host::figure::value` lines, or `format=json`; `isStatic`: the cluster stands in the bootstrap. */
export function clustersPage(clusters: () => readonly ClusterView[], isStatic: (name: string) => boolean = () => false): AdminPage {
  return {
    path: '/clusters',
    help: 'print clusters and their hosts; ?filter=REGEX, ?format=json',
    changes: false,
    answer: ({ query }) => {
      const matches = nameFilter(query.get('filter') ?? '')
      if (matches === null) return textAnswer('Invalid re2 regex\n', 400)
      const shown = clusters().filter(({ config }) => matches(config.name))
      return query.get('format') === 'json'
        ? jsonAnswer({ cluster_statuses: shown.map(view => clusterStatus(view, isStatic(view.config.name))) })
        : textAnswer(shown.flatMap(view => clusterLines(view, isStatic(view.config.name))).join(''))
    },
  }
}

/** `envoy.admin.v3.ClusterStatus`, without the fields that have their default. */
function clusterStatus({ config, hosts, outlierRates }: ClusterView, isStatic: boolean): unknown {
  return {
    name: config.name,
    ...(isStatic ? {} : { added_via_api: true }),
    ...percentField('success_rate_ejection_threshold', outlierRates?.answers.threshold),
    ...percentField('local_origin_success_rate_ejection_threshold', outlierRates?.reaches.threshold),
    ...(hosts.length === 0 ? {} : { host_statuses: hosts.map(hostStatus) }),
    circuit_breakers: { thresholds: [thresholds(config.limits), { priority: 'HIGH', ...thresholds(config.highLimits) }] },
    observability_name: config.name,
  }
}

function hostStatus(host: HostView): unknown {
  const { address, hostname, healthFlags, weight, priority, locality, stats, successRates } = host
  return {
    address: addressJson(address),
    stats: [...Object.entries(stats).filter(([name]) => !isGauge(name)), ...Object.entries(stats).filter(([name]) => isGauge(name))].map(
      ([name, value]) => ({ ...(isGauge(name) ? { type: 'GAUGE' } : {}), ...(value === 0 ? {} : { value: String(value) }), name }),
    ),
    health_status: healthStatus(healthFlags),
    ...percentField('success_rate', successRates?.answers),
    ...percentField('local_origin_success_rate', successRates?.reaches),
    weight,
    ...(hostname === '' ? {} : { hostname }),
    ...(priority === 0 ? {} : { priority }),
    locality: localityJson(locality),
  }
}

function isGauge(figure: string): boolean {
  return figure.endsWith('_active')
}

function thresholds(limits: CircuitLimits): Readonly<Record<string, number>> {
  return {
    max_connections: finite(limits.maxConnections),
    max_pending_requests: finite(limits.maxPendingRequests),
    max_requests: finite(limits.maxRequests),
    max_retries: finite(limits.maxRetries),
  }
}

/** No limit is the greatest number of the field. */
function finite(limit: number): number {
  return Math.min(limit, 0xffff_ffff)
}

/** Parts of `region/zone/sub_zone`, of which the last ones may be missing. */
function localityJson(locality: string): unknown {
  const [region = '', zone = '', subZone = ''] = locality.split('/')
  return { ...(region === '' ? {} : { region }), ...(zone === '' ? {} : { zone }), ...(subZone === '' ? {} : { sub_zone: subZone }) }
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

function clusterLines({ config, hosts, outlierRates }: ClusterView, isStatic: boolean): readonly string[] {
  const { name } = config
  return [
    `${name}::observability_name::${name}\n`,
    ...(outlierRates === null ? [] : outlierLines(name, outlierRates)),
    ...limitLines(`${name}::default_priority`, config.limits),
    ...limitLines(`${name}::high_priority`, config.highLimits),
    `${name}::added_via_api::${!isStatic}\n`,
    ...hosts.flatMap(host => hostLines(`${name}::${host.address}`, host)),
  ]
}

function limitLines(start: string, limits: CircuitLimits): readonly string[] {
  return [
    `${start}::max_connections::${finite(limits.maxConnections)}\n`,
    `${start}::max_pending_requests::${finite(limits.maxPendingRequests)}\n`,
    `${start}::max_requests::${finite(limits.maxRequests)}\n`,
    `${start}::max_retries::${finite(limits.maxRetries)}\n`,
  ]
}

function hostLines(start: string, host: HostView): readonly string[] {
  const [region = '', zone = '', subZone = ''] = host.locality.split('/')
  return [
    ...Object.entries(host.stats).map(([figure, value]) => `${start}::${figure}::${value}\n`),
    `${start}::hostname::${host.hostname}\n`,
    `${start}::health_flags::${host.healthFlags}\n`,
    `${start}::weight::${host.weight}\n`,
    `${start}::region::${region}\n`,
    `${start}::zone::${zone}\n`,
    `${start}::sub_zone::${subZone}\n`,
    `${start}::canary::${host.canary}\n`,
    `${start}::priority::${host.priority}\n`,
    `${start}::success_rate::${host.successRates?.answers ?? -1}\n`,
    `${start}::local_origin_success_rate::${host.successRates?.reaches ?? -1}\n`,
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
