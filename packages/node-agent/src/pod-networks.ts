import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** A network namespace of a pod, by a process that lives in it. */
export interface PodNetwork {
  readonly pid: number
  /** `net:[4026532281]`: another pod sandbox has another one. */
  readonly id: string
}

/**
 * Finds networks of pods by the processes of this node: the kubelet names the control group of a pod by its uid, with either of
 * its drivers. Needs the node's process ids. Networks that are the node's own are none of a pod's.
 */
export function podNetworks(proc: string, uids: readonly string[]): ReadonlyMap<string, PodNetwork> {
  const found = new Map<string, PodNetwork>()
  if (uids.length === 0) return found
  const node = networkOf(proc, 1)
  const pids = readdirSync(proc).filter(name => /^\d+$/.test(name))
  for (const pid of pids.map(Number).toSorted((a, b) => a - b)) {
    const groups = cgroupOf(proc, pid)
    // The sandbox is the first process of its pod.
    const uid = uids.find(each => !found.has(each) && isIn(groups, each))
    const id = uid === undefined ? undefined : networkOf(proc, pid)
    if (uid !== undefined && id !== undefined && id !== node) found.set(uid, { pid, id })
  }
  return found
}

/** The pod's name servers, as far as its first process sees them. */
export function resolvConfOf(proc: string, { pid }: PodNetwork): string | undefined {
  const file = join(proc, String(pid), 'root', 'etc', 'resolv.conf')
  return existsSync(file) ? file : undefined
}

function isIn(groups: string, uid: string): boolean {
  return groups.includes(`pod${uid}`) || groups.includes(`pod${uid.replaceAll('-', '_')}`)
}

function cgroupOf(proc: string, pid: number): string {
  try {
    return readFileSync(join(proc, String(pid), 'cgroup'), 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}

function networkOf(proc: string, pid: number): string | undefined {
  try {
    return readlinkSync(join(proc, String(pid), 'ns', 'net'))
  } catch {
    return undefined
  }
}
