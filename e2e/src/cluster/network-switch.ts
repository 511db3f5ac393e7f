import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { runCommand } from '@meshwork/testkit/net'

import { alive, endProcess, hasOwnNetwork, inNetworkOf, spawnDetached, until } from './namespaces.ts'
import { NODE_PREFIX_LENGTH, type NodeFolder, POD_NETWORKS } from './node-folder.ts'

/** Address of the switch, the default route of every node. */
export const SWITCH_ADDRESS = '172.30.255.254'

/**
 * The network all nodes are plugged into: a bridge in a namespace of its own. It has routes to all pods, so commands run in it
 * reach API servers, pods and node ports. The machine's own network is never touched.
 */
export async function ensureSwitch(root: string, pause: string): Promise<number> {
  const running = switchPid(root)
  if (running !== undefined) return running
  mkdirSync(root, { recursive: true })
  const pid = spawnDetached(['unshare', '--net', '--', pause])
  await until('the network switch', () => hasOwnNetwork(pid), 5_000)
  await shellInNetwork(pid, [
    'ip link set lo up',
    'ip link add sw0 type bridge',
    `ip address add ${SWITCH_ADDRESS}/${NODE_PREFIX_LENGTH} dev sw0`,
    'ip link set sw0 up',
    'sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=0',
  ])
  writeFileSync(pidFile(root), String(pid))
  return pid
}

export function switchPid(root: string): number | undefined {
  if (!existsSync(pidFile(root))) return undefined
  const pid = Number(readFileSync(pidFile(root), 'utf8'))
  return alive(pid) ? pid : undefined
}

export async function removeSwitch(root: string): Promise<void> {
  const pid = switchPid(root)
  if (pid !== undefined) await endProcess(pid, 'SIGTERM')
  rmSync(pidFile(root), { force: true })
}

/** Plugs a node in: a cable, its address, a route to its pods, and their way out under the node's address. */
export async function plugIn(node: NodeFolder, nodePid: number, switchProcess: number): Promise<void> {
  await shellInNetwork(switchProcess, [
    `ip link add n${node.index} type veth peer name eth0 netns ${nodePid}`,
    `ip link set n${node.index} master sw0 up`,
    `ip route replace ${node.podNetwork} via ${node.address}`,
  ])
  await shellInNetwork(nodePid, [
    `ip address add ${node.address}/${NODE_PREFIX_LENGTH} dev eth0`,
    'ip link set eth0 up',
    `ip route add default via ${SWITCH_ADDRESS}`,
    'sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.ipv4.conf.all.route_localnet=1',
    // Between pods, source addresses stay; the switch knows no pod as a sender to elsewhere.
    `iptables -w -t nat -A POSTROUTING -s ${node.podNetwork} ! -d ${POD_NETWORKS} -o eth0 -j MASQUERADE`,
  ])
}

/** Lets pods of both nodes reach each other directly. Nodes without it are on networks of their own. */
export async function connectPods(a: { node: NodeFolder; pid: number }, b: { node: NodeFolder; pid: number }): Promise<void> {
  await shellInNetwork(a.pid, [`ip route replace ${b.node.podNetwork} via ${b.node.address}`])
  await shellInNetwork(b.pid, [`ip route replace ${a.node.podNetwork} via ${a.node.address}`])
}

async function shellInNetwork(pid: number, lines: readonly string[]): Promise<void> {
  await runCommand([...inNetworkOf(pid), 'sh', '-e'], lines.join('\n'))
}

function pidFile(root: string): string {
  return join(root, 'switch.pid')
}
