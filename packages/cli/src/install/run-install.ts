import { MeshError } from '@meshwork/core/result'
import { type Clock, sleep } from '@meshwork/core/time'
import { applyStep, type AppliedObject } from './apply-step.ts'
import type { InstallCluster } from './install-cluster.ts'
import { type InstallRecord, readRecord, recordOf, sameInstallation, writeRecord } from './install-record.ts'
import { installSteps, type InstallStep } from './install-steps.ts'
import type { InstallPlan } from './install-values.ts'
import { noLongerRendered, takeInventory } from './inventory.ts'
import { keyOf, type KubeObject, type ObjectKey } from './kube-object.ts'
import { COMPONENT_LABEL, MANAGED_BY, OURSELVES } from './ownership.ts'
import { podTroubles } from './pod-troubles.ts'
import { type Unready, waitUntilReady } from './readiness.ts'
import { removalOrder } from './resource-kinds.ts'
import { refuseConflicts, survey, type Surveyed } from './survey.ts'

export interface InstallOptions {
  readonly isDryRun: boolean
  readonly adopt: boolean
  /** Milliseconds for each component; 0: do not wait. */
  readonly readinessLimitMs: number
  readonly clock: Clock
  readonly progress: (line: string) => void
}

export interface InstallOutcome {
  readonly applied: readonly AppliedObject[]
  /** Of an earlier version, no longer needed. */
  readonly pruned: readonly ObjectKey[]
}

const NAMESPACE_GONE_LIMIT_MS = 120_000
const POLL_MS = 500

/**
 * Makes a cluster be as `objects` say, component by component. Can be interrupted anywhere: the next run looks at what is there and
 * does the rest. Nothing is written if a single object belongs to somebody else.
 */
export async function runInstall(
  cluster: InstallCluster,
  plan: InstallPlan,
  objects: readonly KubeObject[],
  options: InstallOptions,
): Promise<InstallOutcome> {
  const steps = installSteps(objects)
  await namespaceIsUsable(cluster, plan.namespace, options)
  const surveyed = await survey(cluster, [namespaceObject(plan), ...objects], plan.namespace)
  const [namespace, ...rest] = surveyed
  if (!options.adopt) refuseConflicts(rest)
  const before = await readRecord(cluster, plan.namespace, plan.revision)
  const leftover = noLongerRendered((await takeInventory(cluster, plan.namespace)).objects, objects, plan.revision)
  if (before?.phase === 'applying') options.progress(`going on with the installation of ${before.version} that was interrupted`)
  const made = namespace === undefined || namespace.live !== undefined ? [] : await applyStep(cluster, [namespace], options)
  await begin(cluster, plan, before, options)
  const applied = await applySteps(cluster, steps, rest, plan.namespace, options)
  const pruned = await prune(cluster, leftover, options)
  if (!options.isDryRun) await writeRecord(cluster, plan.namespace, recordOf(plan, 'installed'))
  return { applied: [...made, ...applied], pruned }
}

/** Before the first change, so that whoever comes next knows that not all may be there. */
async function begin(
  cluster: InstallCluster,
  plan: InstallPlan,
  before: InstallRecord | undefined,
  { isDryRun }: InstallOptions,
): Promise<void> {
  const record = recordOf(plan, 'applying')
  if (isDryRun || (before?.phase === 'installed' && sameInstallation(before, record))) return
  await writeRecord(cluster, plan.namespace, record)
}

async function applySteps(
  cluster: InstallCluster,
  steps: readonly InstallStep[],
  surveyed: readonly Surveyed[],
  namespace: string,
  options: InstallOptions,
): Promise<readonly AppliedObject[]> {
  const byObject = new Map(surveyed.map(each => [each.object, each]))
  const all: AppliedObject[] = []
  for (const step of steps) {
    const { component, objects } = step
    const applied = await applyStep(
      cluster,
      objects.flatMap(object => byObject.get(object) ?? []),
      options,
    )
    all.push(...applied)
    await stepIsReady(cluster, step, namespace, options)
    if (!options.isDryRun) options.progress(`✔ ${component}: ${countsOf(applied)}`)
  }
  return all
}

/** Waits until all of a step is ready, unless nothing was done or nobody wants to wait. Throws NOT_READY. */
export async function stepIsReady(
  cluster: InstallCluster,
  { component, objects }: InstallStep,
  namespace: string,
  { clock, readinessLimitMs, progress, isDryRun }: InstallOptions,
): Promise<void> {
  if (isDryRun || readinessLimitMs === 0) return
  const unready = await waitUntilReady(cluster, objects, {
    clock,
    limitMs: readinessLimitMs,
    progress: list => progress(`… ${component}: waiting for ${unreadyText(list)}`),
  })
  if (unready.length === 0) return
  const reasons = [...unready.map(({ what, reason }) => `${what}: ${reason}`), ...(await podTroubles(cluster, namespace))]
  throw new MeshError('NOT_READY', `${component} is not ready after ${readinessLimitMs / 1000} s: ${reasons.join('; ')}`, {
    nextStep: `kubectl -n ${namespace} describe pods; the same command goes on where this one stopped`,
  })
}

const MOST_TOLD = 3

function unreadyText(list: readonly Unready[]): string {
  if (list.length > MOST_TOLD) return `${list.length} objects`
  return list.map(({ what, reason }) => `${what} (${reason})`).join(', ')
}

/** `3 created, 2 unchanged`. */
export function countsOf(applied: readonly AppliedObject[]): string {
  const counts = Map.groupBy(applied, ({ change }) => change)
  return [...counts].map(([change, { length }]) => `${length} ${change === 'left' ? 'left to their owners' : change}`).join(', ')
}

async function prune(
  cluster: InstallCluster,
  leftover: readonly KubeObject[],
  { isDryRun, progress }: InstallOptions,
): Promise<readonly ObjectKey[]> {
  const keys = leftover.map(keyOf).toSorted(removalOrder)
  if (isDryRun) return keys
  for (const key of keys) await cluster.delete(key)
  if (keys.length > 0) progress(`✔ ${keys.length} objects of an earlier installation removed`)
  return keys
}

/** A namespace on its way out takes nothing new; it is waited for. Throws NAMESPACE_LEAVING. */
async function namespaceIsUsable(cluster: InstallCluster, name: string, { clock, progress, isDryRun }: InstallOptions): Promise<void> {
  const start = clock.monotonicMs()
  let isTold = false
  for (;;) {
    const live = await cluster.read({ apiVersion: 'v1', kind: 'Namespace', namespace: '', name })
    if (live?.metadata['deletionTimestamp'] === undefined || isDryRun) return
    if (clock.monotonicMs() - start > NAMESPACE_GONE_LIMIT_MS) {
      const nextStep = `kubectl get namespace ${name} -o yaml tells what holds it; or install into another with --namespace`
      throw new MeshError('NAMESPACE_LEAVING', `namespace ${name} is being deleted and does not go`, { nextStep })
    }
    if (!isTold) progress(`… namespace ${name} is being deleted; waiting until it is gone`)
    isTold = true
    await sleep(clock, POLL_MS)
  }
}

function namespaceObject({ namespace }: InstallPlan): KubeObject {
  const labels = { [MANAGED_BY]: OURSELVES, 'app.kubernetes.io/part-of': 'istio', [COMPONENT_LABEL]: 'namespace' }
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }
}
