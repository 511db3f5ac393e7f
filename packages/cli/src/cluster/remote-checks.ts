import type { RemoteReport } from './remote-report.ts'

export interface RemoteCheck {
  readonly code: string
  readonly what: string
  readonly ok: boolean
  readonly reason?: string
  readonly remedy?: string
}

const DAY_MS = 24 * 3600 * 1000
/** Left of a token's life when it is time for a new one, in milliseconds. */
const RENEW_BEFORE_MS = 30 * DAY_MS

/** What has to hold for a cluster to be part of the mesh, as `cluster check` tells it. `now`: milliseconds since the epoch. */
export function remoteChecks(report: RemoteReport, now: number): readonly RemoteCheck[] {
  const { id, server, secret, problem, latencyMs, unreadable, sameRoot, sync, tokenEndsAt } = report
  const usable = check(
    'CLUSTER_SECRET',
    `the kubeconfig of ${id} can be used`,
    server !== '',
    problem,
    `write the Secret ${secret} anew: meshctl cluster join`,
  )
  if (!usable.ok) return [usable]
  const reachable = check(
    'CLUSTER_REACHABLE',
    `the API server of ${id} answers`,
    latencyMs !== undefined,
    problem,
    `see that ${server} can be reached`,
  )
  const left = tokenEndsAt === undefined ? Number.POSITIVE_INFINITY : tokenEndsAt - now
  const token = check(
    'CLUSTER_TOKEN',
    `the token for ${id} lasts`,
    left > RENEW_BEFORE_MS,
    `it ends in ${Math.floor(left / DAY_MS)} days`,
    'renew it: meshctl cluster join',
  )
  if (!reachable.ok) return [usable, reachable, token]
  const rights = check(
    'CLUSTER_RIGHTS',
    `its account may read ${id}`,
    unreadable.length === 0,
    `it may not list ${unreadable.join(', ')}`,
    'bring its role up to date: meshctl cluster join',
  )
  const root = check(
    'CLUSTER_ROOT',
    `workloads of ${id} have the same root`,
    sameRoot !== false,
    'their authorities have different roots',
    'give both certificates of one root in the Secret cacerts',
  )
  const isGood = sync === 'synced' || sync === 'unknown'
  const synced = check(
    'CLUSTER_SYNC',
    `the control plane knows the services of ${id}`,
    isGood,
    `its state is ${sync}`,
    `see the log of istiod for ${secret}`,
  )
  return [usable, reachable, token, rights, root, synced]
}

function check(code: string, what: string, ok: boolean, reason: string | undefined, remedy: string): RemoteCheck {
  return ok ? { code, what, ok } : { code, what, ok, reason: reason ?? 'unknown', remedy }
}
