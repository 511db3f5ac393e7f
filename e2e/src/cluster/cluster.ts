import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

import { MeshError } from '@meshwork/core/result'

import { type ClusterPrograms, clusterPrograms } from './cluster-programs.ts'
import { corefile, dnsObjects, startDns } from './cluster-dns.ts'
import {
  apiServerReady,
  AUDIT_POLICY,
  createClusterKeys,
  kubeconfigOf,
  kubectl,
  startApiServer,
  startControllers,
} from './control-plane.ts'
import { until } from './namespaces.ts'
import { connectPods, removeSwitch, switchPid } from './network-switch.ts'
import { createNodeNamespaces, destroyNode, importImage, nodePid, prepareNode, startContainerd, startKubelet } from './node.ts'
import type { NodeFolder } from './node-folder.ts'
import { pauseImage } from './pause-image.ts'
import { claimPlace, clustersRoot, folderOf, freePlace, takenPlaces } from './places.ts'

/** A cluster that runs. */
export interface Cluster {
  readonly name: string
  readonly node: NodeFolder
  readonly nodePid: number
  readonly hyperkube: string
  readonly programs: ClusterPrograms
  /** Kubeconfig of the administrator. Its address is reached from within the switch. */
  readonly kubeconfig: string
}

const NODE_LIMIT_MS = 120_000
const NAME = /^[a-z][a-z0-9-]{0,30}$/

/** Brings up a cluster of one node, or gives the one of that name that runs. */
export async function clusterUp(name: string, progress: (line: string) => void): Promise<Cluster> {
  if (!NAME.test(name))
    throw new MeshError('CLUSTER_NAME', `'${name}' is no name for a cluster`, { nextStep: 'use a-z, 0-9 and -, at most 31' })
  const programs = await clusterPrograms(progress)
  const running = runningCluster(name, programs)
  if (running !== undefined) return running
  await clusterDown(name)
  const node = folderOf(claimPlace(name, name))
  mkdirSync(node.root, { recursive: true })
  progress('keys and certificates')
  const authority = await createClusterKeys(node)
  await prepareNode(node, authority)
  writeFileSync(node.file('audit-policy.json'), JSON.stringify(AUDIT_POLICY))
  const pid = await createNodeNamespaces(node, clustersRoot(), programs)
  progress('API server and container runtime')
  startApiServer(node, pid, programs.hyperkube)
  await startContainerd(node, pid, [await pauseImage(programs)])
  const cluster = clusterOf(node, pid, programs)
  await apiServerReady(cluster)
  progress('controllers, kubelet and DNS')
  startControllers(node, pid, programs.hyperkube)
  startKubelet(node, pid, programs.hyperkube)
  await serveNames(cluster)
  await nodeReady(cluster, name)
  await until(
    'the default service account',
    async () => (await kubectl(cluster, ['get', 'serviceaccount', 'default'])) !== '',
    NODE_LIMIT_MS,
  )
  writeFileSync(node.file('up'), '')
  return cluster
}

async function serveNames(cluster: Cluster): Promise<void> {
  const objects = JSON.stringify(dnsObjects(cluster.node))
  writeFileSync(cluster.node.file('Corefile'), corefile(cluster.node))
  await until('the objects of DNS', async () => (await kubectl(cluster, ['apply', '-f', '-'], objects)) !== '', NODE_LIMIT_MS)
  startDns(cluster.node, cluster.nodePid, cluster.hyperkube)
}

async function nodeReady(cluster: Cluster, node: string): Promise<void> {
  const ready = '{.status.conditions[?(@.type=="Ready")].status}'
  const ask = async (): Promise<boolean> => (await kubectl(cluster, ['get', 'node', node, '-o', `jsonpath=${ready}`])) === 'True'
  await until(`node ${node} (log/kubelet.log)`, ask, NODE_LIMIT_MS)
}

/** One more node for a running cluster; its pods and those of the first reach each other directly. */
export async function joinNode(cluster: Cluster, name: string, images: readonly string[]): Promise<NodeFolder> {
  const node = folderOf(claimPlace(name, cluster.name), cluster.node)
  mkdirSync(node.root, { recursive: true })
  const authority = { folder: cluster.node.file('pki'), name: 'ca' }
  await prepareNode(node, authority)
  writeFileSync(node.file('proxy.kubeconfig'), readFileSync(kubeconfigOf(cluster.node, 'proxy')), { mode: 0o600 })
  const pid = await createNodeNamespaces(node, clustersRoot(), cluster.programs)
  await connectPods({ node: cluster.node, pid: cluster.nodePid }, { node, pid })
  await startContainerd(node, pid, [await pauseImage(cluster.programs), ...images])
  startKubelet(node, pid, cluster.hyperkube)
  await nodeReady(cluster, name)
  return node
}

/** Lets pods of two clusters reach each other by address: one flat network. */
export function connectClusters(a: Cluster, b: Cluster): Promise<void> {
  return connectPods({ node: a.node, pid: a.nodePid }, { node: b.node, pid: b.nodePid })
}

export function loadImage(cluster: Cluster, tar: string): Promise<void> {
  return importImage(cluster.node, cluster.nodePid, tar)
}

/** Removes a cluster with all its nodes, whatever state it is in; the last one takes the switch with it. */
export async function clusterDown(name: string): Promise<boolean> {
  const places = takenPlaces().filter(place => place.cluster === name)
  await Promise.all(
    places.map(async place => {
      await destroyNode(folderOf(place))
      freePlace(place)
    }),
  )
  if (takenPlaces().length === 0) await removeSwitch(clustersRoot())
  return places.length > 0
}

export interface ClusterState {
  readonly name: string
  readonly nodes: readonly { readonly name: string; readonly running: boolean }[]
  readonly apiServer: string
  readonly kubeconfig: string
}

export function listClusters(): readonly ClusterState[] {
  const places = takenPlaces()
  return places
    .filter(place => place.node === place.cluster)
    .map(place => {
      const node = folderOf(place)
      const nodes = places.filter(each => each.cluster === place.cluster)
      return {
        name: place.cluster,
        nodes: nodes.map(each => ({ name: each.node, running: nodePid(folderOf(each)) !== undefined })),
        apiServer: node.apiServer,
        kubeconfig: kubeconfigOf(node, 'admin'),
      }
    })
}

/** The process whose network reaches all clusters: `nsenter -t PID -n kubectl …`. */
export function clusterNetwork(): number | undefined {
  return switchPid(clustersRoot())
}

/** The cluster of that name, if it runs and has come up wholly. */
function runningCluster(name: string, programs: ClusterPrograms): Cluster | undefined {
  const place = takenPlaces().find(each => each.node === name && each.cluster === name)
  if (place === undefined) return undefined
  const node = folderOf(place)
  const pid = nodePid(node)
  return pid === undefined || !existsSync(node.file('up')) ? undefined : clusterOf(node, pid, programs)
}

function clusterOf(node: NodeFolder, pid: number, programs: ClusterPrograms): Cluster {
  return { name: node.name, node, nodePid: pid, hyperkube: programs.hyperkube, programs, kubeconfig: kubeconfigOf(node, 'admin') }
}
