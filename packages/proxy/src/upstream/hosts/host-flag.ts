/** Why a host is not plainly healthy: a bit set, as Envoy's admin page names its parts. */
export const HostFlag = {
  none: 0,
  failedActiveCheck: 0x1,
  failedOutlierCheck: 0x2,
  failedEds: 0x4,
  degradedActive: 0x8,
  degradedEds: 0x10,
  /** Left the cluster, and stays until its check fails. */
  pendingRemoval: 0x20,
  /** Not checked yet. */
  pendingCheck: 0x40,
  /** Asked by itself for no further traffic; does not count among the hosts of its priority. */
  excluded: 0x80,
  checkTimeout: 0x100,
  edsDraining: 0x200,
} as const

const NAMES: readonly string[] = [
  'failed_active_hc',
  'failed_outlier_check',
  'failed_eds_health',
  'degraded_active_hc',
  'degraded_eds_health',
  'pending_dynamic_removal',
  'pending_active_hc',
  'excluded_via_immediate_hc_fail',
  'active_hc_timeout',
  'eds_status_draining',
]

export const UNHEALTHY_FLAGS: number = HostFlag.failedActiveCheck | HostFlag.failedOutlierCheck | HostFlag.failedEds | HostFlag.edsDraining
export const DEGRADED_FLAGS: number = HostFlag.degradedActive | HostFlag.degradedEds

/** `/failed_active_hc/failed_outlier_check`, or `healthy`, as the admin page `/clusters` shows it. */
export function formatHostFlags(flags: number): string {
  if (flags === 0) return 'healthy'
  return NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0)
    .map(name => `/${name}`)
    .join('')
}
