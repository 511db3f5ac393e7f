import { fieldsOf, itemsOf, textOf } from '@meshwork/kube/client'
import { type Clock, sleep } from '@meshwork/core/time'
import type { InstallCluster } from './install-cluster.ts'
import { keyOf, type KubeObject, spoken } from './kube-object.ts'
import { inParallel } from './survey.ts'

/** Something that is not ready, and why as far as it says. */
export interface Unready {
  readonly what: string
  readonly reason: string
}

export interface WaitOptions {
  readonly clock: Clock
  /** Milliseconds. */
  readonly limitMs: number
  /** Told whenever the list changes. */
  readonly progress: (unready: readonly Unready[]) => void
}

const POLL_MS = 500

/** Waits until all objects are ready; answers with those that still are not when the time is over. */
export async function waitUntilReady(
  cluster: InstallCluster,
  objects: readonly KubeObject[],
  { clock, limitMs, progress }: WaitOptions,
): Promise<readonly Unready[]> {
  const begin = clock.monotonicMs()
  let waiting = objects.filter(({ kind }) => Object.hasOwn(READINESS, kind))
  let told = ''
  for (;;) {
    const states = await inParallel(waiting, async object => ({ object, reason: unreadiness(await cluster.read(keyOf(object))) }))
    const unready = states.flatMap(({ object, reason }) => (reason === undefined ? [] : [{ what: spoken(keyOf(object)), reason }]))
    if (unready.length === 0 || clock.monotonicMs() - begin > limitMs) return unready
    waiting = states.flatMap(({ object, reason }) => (reason === undefined ? [] : [object]))
    const text = JSON.stringify(unready)
    if (text !== told) progress(unready)
    told = text
    await sleep(clock, POLL_MS)
  }
}

/** Why an object is not ready; undefined: it is. */
export function unreadiness(live: KubeObject | undefined): string | undefined {
  if (live === undefined) return 'it is not there'
  return READINESS[live.kind]?.(live)
}

/** By kind: why an object is not ready. What is not here is ready as soon as it is there. */
const READINESS: Readonly<Record<string, (live: KubeObject) => string | undefined>> = {
  CustomResourceDefinition: live => conditionMissing(live, 'Established'),
  Deployment: rolloutUnfinished,
  DaemonSet: nodesMissing,
  MutatingWebhookConfiguration: rootsMissing,
  ValidatingWebhookConfiguration: rootsMissing,
}

/** The API server refuses what a webhook shall be asked about until it can verify it; components write their own roots. */
function rootsMissing(live: KubeObject): string | undefined {
  const clients = itemsOf(live['webhooks']).map(webhook => fieldsOf(fieldsOf(webhook)['clientConfig']))
  const isUnknown = clients.some(client => client['service'] !== undefined && textOf(client['caBundle']) === '')
  return isUnknown ? 'its caBundle is not written yet' : undefined
}

function nodesMissing(live: KubeObject): string | undefined {
  const status = fieldsOf(live['status'])
  if (count(status['observedGeneration']) < count(live.metadata['generation'])) return 'nobody has looked at it yet'
  const wanted = count(status['desiredNumberScheduled'])
  const there = Math.min(count(status['updatedNumberScheduled']), count(status['numberReady']))
  return there < wanted ? `it is ready on ${there} of ${wanted} nodes` : undefined
}

function conditionMissing(live: KubeObject, type: string): string | undefined {
  const condition = conditionsOf(live).find(each => each['type'] === type)
  if (condition?.['status'] === 'True') return undefined
  return textOf(condition?.['message']) || `it is not ${type}`
}

function rolloutUnfinished(live: KubeObject): string | undefined {
  const [spec, status] = [fieldsOf(live['spec']), fieldsOf(live['status'])]
  const wanted = count(spec['replicas'] ?? 1)
  if (count(status['observedGeneration']) < count(live.metadata['generation'])) return 'nobody has looked at it yet'
  const failed = conditionsOf(live).find(each => each['type'] === 'ReplicaFailure' && each['status'] === 'True')
  if (failed !== undefined) return textOf(failed['message'])
  const [updated, available] = [count(status['updatedReplicas']), count(status['availableReplicas'])]
  if (updated < wanted) return `${updated} of ${wanted} pods are of this version`
  if (count(status['replicas']) > updated) return `${count(status['replicas']) - updated} pods of the last version are still there`
  return available < wanted ? `${available} of ${wanted} pods are ready` : undefined
}

function conditionsOf(live: KubeObject): readonly Readonly<Record<string, unknown>>[] {
  return itemsOf(fieldsOf(live['status'])['conditions']).map(fieldsOf)
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
