import { readdirSync, readFileSync } from 'node:fs'
import { openSockets } from '../net/open-sockets.ts'

/** Descriptors kept back for the admin interface, the control plane, name servers and files, whatever clients and upstreams do. */
const RESERVE = 40

/** Sockets of traffic that a limit of descriptors leaves room for, of which `inUse` are taken before there is any traffic. */
export function socketsWithin(descriptors: number, inUse: number): number {
  return descriptors === Infinity ? Infinity : Math.max(1, descriptors - inUse - RESERVE)
}

/** Keeps traffic within the descriptors of the process. */
export function limitOpenSockets(): void {
  openSockets.limit = socketsWithin(descriptorLimit(), descriptorsInUse())
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

function descriptorsInUse(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}
