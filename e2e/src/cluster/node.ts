import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

import { runCommand } from '@meshwork/testkit/net'

import { certificateFiles, type ClusterAuthority, issueTo, writeKubeconfig } from './certificates.ts'
import { createCgroup, removeCgroup } from './cgroups.ts'
import type { ClusterPrograms } from './cluster-programs.ts'
import { startDaemon } from './daemon.ts'
import { alive, endProcess, inNode, onlyChild, spawnDetached, until } from './namespaces.ts'
import { ensureSwitch, plugIn } from './network-switch.ts'
import { containerdConfig, containerdSocket, kubeletConfig, kubeProxyConfig, podNetworkConfig } from './node-config.ts'
import type { NodeFolder } from './node-folder.ts'

const START_LIMIT_MS = 60_000
/** What a node shares with nobody: the kubelet and containerd write there under fixed names. */
const OWN_FOLDERS = ['/var/lib/cni', '/var/log/pods', '/var/log/containers']

/**
 * Makes the namespaces of a node and gives its first process. Killing that one process ends everything in the node: daemons,
 * containers, mounts and network.
 */
export async function createNodeNamespaces(node: NodeFolder, clustersRoot: string, programs: ClusterPrograms): Promise<number> {
  const switchProcess = await ensureSwitch(clustersRoot, programs.pause)
  mkdirSync(node.file('log'), { recursive: true })
  const log = openSync(node.file('log', 'namespaces.log'), 'a')
  const kinds = ['--fork', '--kill-child', '--pid', '--mount-proc', '--mount', '--net', '--uts', '--propagation', 'private']
  const outer = spawnDetached(['unshare', ...kinds, '--', 'sh', '-c', firstProcess(node, programs.pause)], log)
  closeSync(log)
  await until(`namespaces of ${node.name} (log/namespaces.log)`, () => existsSync(node.file('namespaces-ready')), 10_000)
  const pid = onlyChild(outer) ?? outer
  writeFileSync(node.file('pid'), String(pid))
  await plugIn(node, pid, switchProcess)
  return pid
}

function firstProcess(node: NodeFolder, pause: string): string {
  const mounts = OWN_FOLDERS.map(
    folder => `mkdir -p ${folder} ${node.file('host', folder)} && mount --bind ${node.file('host', folder)} ${folder}`,
  )
  return [
    'set -e',
    'mount --make-rshared /',
    `hostname ${node.name}`,
    'mount -t tmpfs tmpfs /run && mkdir -p /run/lock /run/netns',
    ...mounts,
    'ip link set lo up',
    `touch ${node.file('namespaces-ready')}`,
    `exec ${pause}`,
  ].join('\n')
}

/** The node's own certificate and the files its daemons read. */
export async function prepareNode(node: NodeFolder, authority: ClusterAuthority): Promise<void> {
  const root = certificateFiles(authority.folder, authority.name).certificate
  const request = { subject: `/O=system:nodes/CN=system:node:${node.name}`, names: [`DNS:${node.name}`, `IP:${node.address}`] }
  writeKubeconfig(node.file('node.kubeconfig'), node.apiServer, root, await issueTo(node.file('pki', 'node'), authority, request))
  // Where a later `down` runs, our own cgroup may be another one.
  const cgroup = createCgroup(`meshwork-${node.name}-${process.pid}`)
  writeFileSync(node.file('cgroup'), cgroup)
  mkdirSync(node.file('cni'), { recursive: true })
  writeFileSync(node.file('containerd.toml'), containerdConfig(node))
  writeFileSync(node.file('cni', '10-pods.conflist'), JSON.stringify(podNetworkConfig(node)))
  writeFileSync(node.file('resolv.conf'), 'nameserver 127.0.0.1\n')
  writeFileSync(node.file('kubelet.json'), JSON.stringify(kubeletConfig(node, root, cgroup)))
  writeFileSync(node.file('kube-proxy.json'), JSON.stringify(kubeProxyConfig(node)))
}

export async function startContainerd(node: NodeFolder, pid: number, images: readonly string[]): Promise<void> {
  startDaemon(node, pid, 'containerd', ['containerd', '-c', node.file('containerd.toml')])
  const answers = async (): Promise<boolean> => (await ctr(node, pid, ['version'])) !== ''
  await until(`containerd of ${node.name} (log/containerd.log)`, answers, START_LIMIT_MS)
  for (const image of images) await importImage(node, pid, image)
}

/** Puts an image tar into the node's store, where pods find it with `imagePullPolicy: Never`. */
export async function importImage(node: NodeFolder, pid: number, tar: string): Promise<void> {
  await ctr(node, pid, ['-n', 'k8s.io', 'images', 'import', '--no-unpack', tar])
}

function ctr(node: NodeFolder, pid: number, args: readonly string[]): Promise<string> {
  return runCommand([...inNode(pid), 'ctr', '-a', containerdSocket(node), ...args])
}

export function startKubelet(node: NodeFolder, pid: number, hyperkube: string): void {
  startDaemon(node, pid, 'kubelet', [
    ...[hyperkube, 'kubelet', `--config=${node.file('kubelet.json')}`, `--kubeconfig=${node.file('node.kubeconfig')}`],
    ...[`--root-dir=${node.file('kubelet')}`, `--cert-dir=${node.file('kubelet-pki')}`],
    ...[`--hostname-override=${node.name}`, `--node-ip=${node.address}`],
  ])
  startDaemon(node, pid, 'kube-proxy', [hyperkube, 'kube-proxy', `--config=${node.file('kube-proxy.json')}`])
}

/** The node's first process, or undefined when the node does not run. */
export function nodePid(node: NodeFolder): number | undefined {
  if (!existsSync(node.file('pid'))) return undefined
  const pid = Number(readFileSync(node.file('pid'), 'utf8'))
  return alive(pid) ? pid : undefined
}

/** Ends a node and removes all it left: processes, namespaces, cgroups, files. */
export async function destroyNode(node: NodeFolder): Promise<void> {
  const pid = nodePid(node)
  if (pid !== undefined) await endProcess(pid, 'SIGKILL')
  if (existsSync(node.file('cgroup'))) await removeCgroup(readFileSync(node.file('cgroup'), 'utf8'))
  rmSync(node.root, { recursive: true, force: true, maxRetries: 20 })
}
