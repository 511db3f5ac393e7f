import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { fieldsOf, KubeClient, textOf } from '@meshwork/kube/client'
import { parse } from 'yaml'
import { MemberCluster } from './member-cluster.ts'
import { type KnownRemote, knownRemotes } from './remote-secret.ts'
import { type RemoteSync, syncStates } from './sync-of.ts'
import { trustEachOther } from './trusted-roots.ts'

/** What is known of a cluster that another one follows, from where this runs. */
export interface RemoteReport {
  readonly id: string
  readonly secret: string
  readonly server: string
  /** Milliseconds to its API server; absent: it does not answer. */
  readonly latencyMs?: number
  /** Whether workloads of both are vouched for by one root; absent: one of them says nothing. */
  readonly sameRoot?: boolean
  readonly sync: RemoteSync
  /** Milliseconds since the epoch when its token ends; absent: never, or it is no token that says so. */
  readonly tokenEndsAt?: number
  /** Kinds that its account may not list. */
  readonly unreadable: readonly string[]
  /** Why it cannot be reached or used. */
  readonly problem?: string
}

/** Everything that a control plane lists of another cluster. */
const READ = [
  ['services', '/api/v1/services'],
  ['endpointslices', '/apis/discovery.k8s.io/v1/endpointslices'],
  ['pods', '/api/v1/pods'],
  ['nodes', '/api/v1/nodes'],
  ['namespaces', '/api/v1/namespaces'],
] as const

/** Of each cluster that `cluster` follows, asked with the very kubeconfigs that its control plane uses. */
export async function remoteReports(cluster: MemberCluster, clock: Clock): Promise<readonly RemoteReport[]> {
  const [remotes, roots, states] = await Promise.all([knownRemotes(cluster), cluster.roots(), syncStates(cluster)])
  return Promise.all(
    remotes.map(remote => reportOf(remote, { cluster, roots, sync: states?.get(remote.id) ?? (states ? 'absent' : 'unknown'), clock })),
  )
}

interface Setting {
  readonly cluster: MemberCluster
  readonly roots: readonly string[] | undefined
  readonly sync: RemoteSync
  readonly clock: Clock
}

async function reportOf({ id, secret, kubeconfig }: KnownRemote, { cluster, roots, sync, clock }: Setting): Promise<RemoteReport> {
  const base = { id, secret, sync, unreadable: [] }
  try {
    const client = KubeClient.fromText(kubeconfig, `'${id}' in the secret ${secret}`)
    const remote = new MemberCluster(id, cluster.namespace, client)
    const end = tokenEnd(kubeconfig)
    const known = { ...base, server: client.server, ...(end !== undefined && { tokenEndsAt: end }) }
    try {
      const latencyMs = await remote.latency(clock)
      const [unreadable, theirs] = await Promise.all([unreadableOf(remote), remote.roots().catch(() => undefined)])
      return {
        ...known,
        latencyMs,
        unreadable,
        ...(roots !== undefined && theirs !== undefined && { sameRoot: trustEachOther(roots, theirs) }),
      }
    } catch (error) {
      return { ...known, problem: messageOf(error) }
    }
  } catch (error) {
    return { ...base, server: '', problem: messageOf(error) }
  }
}

async function unreadableOf(remote: MemberCluster): Promise<readonly string[]> {
  const answers = await Promise.all(READ.map(([, path]) => remote.ask({ method: 'GET', path: `${path}?limit=1` })))
  return READ.flatMap(([kind], i) => (answers[i]?.status === 200 ? [] : [kind]))
}

/** The end that a token of a service account says, in milliseconds. Read, not verified: the API server does that. */
function tokenEnd(kubeconfig: string): number | undefined {
  const [first] = [fieldsOf(parse(kubeconfig))['users']].flat()
  const payload = textOf(fieldsOf(fieldsOf(first)['user'])['token']).split('.')[1]
  if (payload === undefined) return undefined
  try {
    const { exp } = fieldsOf(JSON.parse(Buffer.from(payload, 'base64url').toString()))
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}
