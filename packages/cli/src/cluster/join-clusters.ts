import { MeshError, messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { createReader, removeReader } from './cluster-reader.ts'
import type { MemberCluster } from './member-cluster.ts'
import { knownRemotes, remoteSecret, secretPath } from './remote-secret.ts'
import { trustEachOther } from './trusted-roots.ts'

export interface JoinOptions {
  /** Address at which control planes reach a server, by the name of its context; others: that of the kubeconfig. */
  readonly servers: ReadonlyMap<string, string>
  readonly clock: Clock
}

/** What one cluster was told of another. */
export interface JoinedSide {
  readonly cluster: string
  readonly id: string
  /** The cluster that its control plane follows from now on. */
  readonly follows: string
  readonly secret: string
  readonly server: string
  /** Milliseconds to the other server, from here. */
  readonly latencyMs: number
}

/**
 * Tells the control planes of two clusters of each other. Nothing is written before both can be reached, have ids of their own and
 * trust one root. Done again it renews what is there.
 */
export async function joinClusters(a: MemberCluster, b: MemberCluster, options: JoinOptions): Promise<readonly JoinedSide[]> {
  const [latencyA, latencyB] = [await a.latency(options.clock), await b.latency(options.clock)]
  const [idA, idB] = await differentIds(a, b)
  await oneRoot(a, b)
  const sides = [
    { from: a, to: b, fromId: idA, toId: idB, latencyMs: latencyB },
    { from: b, to: a, fromId: idB, toId: idA, latencyMs: latencyA },
  ]
  const joined: JoinedSide[] = []
  for (const { from, to, fromId, toId, latencyMs } of sides) {
    const { server, secret } = await introduce(from, to, fromId, toId, options)
    joined.push({ cluster: from.name, id: fromId, follows: toId, secret, server, latencyMs })
  }
  return joined
}

async function introduce(
  from: MemberCluster,
  to: MemberCluster,
  fromId: string,
  toId: string,
  { servers }: JoinOptions,
): Promise<{ readonly server: string; readonly secret: string }> {
  const token = await createReader(to, fromId)
  const server = servers.get(to.name) ?? to.client.server
  const body = remoteSecret(from.namespace, { id: toId, server, serverRoot: await to.client.serverRoot(), token })
  await from.apply(secretPath(from, toId), body)
  return { server, secret: secretPath(from, toId).split('/').slice(-1)[0] ?? '' }
}

/** What is taken away: paths of objects. */
export interface LeftSide {
  readonly cluster: string
  readonly removed: readonly string[]
  /** Why something may be left there. */
  readonly problem?: string
}

/** Takes away what `joinClusters` wrote on both sides, on each as far as it can be reached: the other one may be gone for good. */
export async function leaveClusters(a: MemberCluster, b: MemberCluster): Promise<readonly LeftSide[]> {
  const [idA, idB] = [await idKnownTo(b, a), await idKnownTo(a, b)]
  const leave = async (from: MemberCluster, otherId: string): Promise<LeftSide> => {
    try {
      const path = secretPath(from, otherId)
      const secret = (await from.remove(path)) ? [path] : []
      return { cluster: from.name, removed: [...secret, ...(await removeReader(from, otherId))] }
    } catch (error) {
      return { cluster: from.name, removed: [], problem: messageOf(error) }
    }
  }
  return [await leave(a, idB), await leave(b, idA)]
}

/** As it says itself; if it cannot be asked, as the other one has noted it. */
async function idKnownTo(other: MemberCluster, cluster: MemberCluster): Promise<string> {
  try {
    return await cluster.id()
  } catch (error) {
    const noted = await knownRemotes(other).catch(() => [])
    const found = noted.find(({ kubeconfig }) => kubeconfig.includes(cluster.client.server))
    if (found === undefined) throw error
    return found.id
  }
}

async function differentIds(a: MemberCluster, b: MemberCluster): Promise<readonly [string, string]> {
  const [idA, idB] = [await a.id(), await b.id()]
  if (idA !== idB && idA !== '' && idB !== '') return [idA, idB]
  throw new MeshError('CLUSTER_IDS_ALIKE', `${a.name} and ${b.name} are both the cluster '${idA}'`, {
    source: 'config',
    nextStep: `give one another id: meshctl upgrade --set global.multiCluster.clusterName=NAME`,
  })
}

/** Workloads of the two could not trust each other otherwise. A cluster without an authority of its own has none to compare. */
async function oneRoot(a: MemberCluster, b: MemberCluster): Promise<void> {
  const [rootsA, rootsB] = [await a.roots(), await b.roots()]
  if (rootsA === undefined || rootsB === undefined || trustEachOther(rootsA, rootsB)) return
  throw new MeshError('ROOTS_DIFFER', `workloads of ${a.name} and ${b.name} are vouched for by different roots`, {
    source: 'config',
    nextStep: `give both authorities certificates of one root, in the Secret ${a.namespace}/cacerts, and wait until citadel has published it`,
  })
}
