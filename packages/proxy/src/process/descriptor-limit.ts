import { readFileSync } from 'node:fs'
import type { ConnectionLimits } from '../net/connection-budget.ts'

/** Descriptors kept back for upstreams, the admin interface, the control plane and files, whatever clients do. */
const RESERVE_SHARE = 8
const MIN_RESERVE = 32

/**
 * Connections of clients that the limit of descriptors leaves room for. Beyond them a process cannot even say that it is full:
 * the system takes connections from its queue only to drop them, admin included.
 */
export function connectionsWithin(descriptors: number): number {
  if (descriptors === Infinity) return Infinity
  return Math.max(1, descriptors - Math.max(MIN_RESERVE, Math.ceil(descriptors / RESERVE_SHARE)))
}

/** The configured limits, and no more than the process has descriptors for. */
export function withinDescriptors(limits: ConnectionLimits): ConnectionLimits {
  return { ...limits, total: Math.min(limits.total, connectionsWithin(descriptorLimit())) }
}

/** The soft limit of this process; Infinity where the system does not tell (only Linux does). */
function descriptorLimit(): number {
  try {
    const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return limit === undefined ? Infinity : Number(limit)
  } catch {
    return Infinity
  }
}
