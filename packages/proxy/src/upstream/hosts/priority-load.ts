/** The hosts of one priority, counted or weighed. */
export interface PriorityHealth {
  readonly total: number
  readonly healthy: number
  readonly degraded: number
  /** Not to be counted: not checked yet, or out at their own wish. */
  readonly excluded: number
  /** Hosts, whatever `total` weighs: shares in a panic go by them. */
  readonly hosts: number
}

/** A part of the requests and where it goes. */
export interface LoadShare {
  readonly priority: number
  /** `all`: the priority is in panic. */
  readonly source: 'healthy' | 'degraded' | 'all'
  /** 1 to 100; all shares together are 100. */
  readonly percent: number
}

/**
 * How requests are shared among priorities: each takes as much as it has healthy hosts, times the overprovisioning factor,
 * the rest goes to the next (Envoy's documentation of priority levels and of panic thresholds).
 */
export function shareLoad(levels: readonly PriorityHealth[], overprovisioning: number, panicThreshold: number): readonly LoadShare[] {
  const healthy = levels.map(level => availability(level, level.healthy, overprovisioning))
  const degraded = levels.map(level => availability(level, level.degraded, overprovisioning))
  const available = Math.min(100, sum(healthy) + sum(degraded))
  if (available === 0 && panicThreshold === 0) return [{ priority: 0, source: 'healthy', percent: 100 }]
  const panics = levels.map(level => available < 100 && inPanic(level, panicThreshold))
  if (panics.every(Boolean)) return shareByHosts(levels)
  return toShares(distribute(healthy, degraded, available), panics)
}

/** Percent of the load that the hosts of a priority can take. */
function availability({ total, excluded }: PriorityHealth, usable: number, overprovisioning: number): number {
  const counted = total - excluded
  return counted <= 0 ? 0 : Math.min(100, Math.floor((overprovisioning * usable) / counted))
}

function inPanic({ total, excluded, healthy, degraded }: PriorityHealth, threshold: number): boolean {
  const counted = total - excluded
  const percent = counted <= 0 ? 0 : (100 * healthy) / counted + (100 * degraded) / counted
  return percent < threshold
}

interface Distribution {
  readonly healthy: readonly number[]
  readonly degraded: readonly number[]
}

function distribute(healthy: readonly number[], degraded: readonly number[], available: number): Distribution {
  let left = 100
  const take = (capacity: number): number => {
    const part = available === 0 ? 0 : Math.min(left, Math.floor((capacity * 100) / available))
    left -= part
    return part
  }
  const parts = { healthy: healthy.map(take), degraded: degraded.map(take) }
  // What rounding left over goes to the first that takes anything.
  const list = parts.healthy.some(part => part > 0) ? parts.healthy : parts.degraded
  const first = list.findIndex(part => part > 0)
  if (first >= 0) list[first] = (list[first] ?? 0) + left
  return parts
}

function toShares({ healthy, degraded }: Distribution, panics: readonly boolean[]): readonly LoadShare[] {
  const part = (source: 'healthy' | 'degraded') => (percent: number, priority: number) => ({
    priority,
    source: panics[priority] === true ? ('all' as const) : source,
    percent,
  })
  return [...healthy.map(part('healthy')), ...degraded.map(part('degraded'))].filter(({ percent }) => percent > 0)
}

/** Every priority is in panic: requests go by the number of hosts. */
function shareByHosts(levels: readonly PriorityHealth[]): readonly LoadShare[] {
  const hosts = sum(levels.map(level => level.hosts))
  if (hosts === 0) return [{ priority: 0, source: 'all', percent: 100 }]
  const percents = levels.map(level => Math.floor((100 * level.hosts) / hosts))
  const first = levels.findIndex(level => level.hosts > 0)
  percents[first] = (percents[first] ?? 0) + 100 - sum(percents)
  return percents.map((percent, priority): LoadShare => ({ priority, source: 'all', percent })).filter(({ percent }) => percent > 0)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
