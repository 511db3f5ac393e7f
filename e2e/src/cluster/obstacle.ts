import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const TOOLS = ['containerd', 'runc', 'conntrack', 'iptables', 'ip', 'nsenter', 'unshare', 'openssl', 'go', 'gcc']

/** Why a cluster cannot run on this machine, or null. */
export function clusterObstacle(): string | null {
  if (process.platform !== 'linux') return 'a cluster of namespaces needs Linux'
  if (process.getuid?.() !== 0) return 'a cluster of namespaces needs root'
  const missing = TOOLS.filter(tool => spawnSync('which', [tool]).status !== 0)
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`
  return existsSync('/usr/lib/cni/bridge') ? null : 'not installed: the CNI plugins (Debian: containernetworking-plugins)'
}
