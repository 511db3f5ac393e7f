import { MeshError } from '@meshwork/core/result'
import { decideInjection, type Fields, fieldsOf, isInjected, textsOf, type InjectionPolicy } from '@meshwork/pilot/inject'
import type { Style } from '../../output/style.ts'
import { renderTable } from '../../output/table.ts'
import { DEFAULT_REVISION } from '../../install/ownership.ts'
import { injectorOfCluster } from './find-injector.ts'
import type { InjectorPlace } from './inject-options.ts'
import { selectsLabels } from '@meshwork/pilot/inject'
import type { OpenCluster } from './open-cluster.ts'
import { type WorkloadObject, workloadObject } from './workload-template.ts'

export interface EnrolOptions {
  readonly namespace: string
  readonly place: InjectorPlace
  readonly restart: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface EnrolledWorkload {
  /** `deployment/shop` */
  readonly workload: string
  readonly pods: number
  /** Of these, with a proxy. */
  readonly meshed: number
  readonly action: 'none' | 'to restart' | 'restarted' | 'skipped'
  readonly reason: string
}

/** Kinds that replace their pods when the template changes. */
const ROLLED_OUT = ['deployments', 'daemonsets', 'statefulsets'] as const
const KIND_OF = { deployments: 'Deployment', daemonsets: 'DaemonSet', statefulsets: 'StatefulSet' } as const
/** As `kubectl rollout restart` writes it. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

/** Labels the namespace, and says which workloads have pods without a proxy; rolls them out if asked to. Throws NO_NAMESPACE. */
export async function enrolNamespace(cluster: OpenCluster, options: EnrolOptions): Promise<readonly EnrolledWorkload[]> {
  const { namespace, place } = options
  const path = `/api/v1/namespaces/${namespace}`
  if ((await cluster.find(path)) === undefined)
    throw new MeshError('NO_NAMESPACE', `there is no namespace ${namespace}`, {
      source: 'config',
      nextStep: `kubectl create namespace ${namespace}`,
    })
  const { settings } = await injectorOfCluster(cluster, place.istioNamespace, place.revision)
  await cluster.merge(path, { metadata: { labels: labelsFor(place.revision) } })
  const pods = await cluster.list(`${path}/pods`)
  const lists = await Promise.all(ROLLED_OUT.map(plural => cluster.list(`/apis/apps/v1/namespaces/${namespace}/${plural}`)))
  const found = lists.flatMap((list, i) => list.map(object => ({ object, plural: ROLLED_OUT[i] ?? 'deployments' })))
  const enrolled: EnrolledWorkload[] = []
  for (const { object, plural } of found) {
    const workload = workloadObject({ ...object, apiVersion: 'apps/v1', kind: KIND_OF[plural] })
    if (workload === undefined) continue
    const line = stateOf(workload, object, pods, settings, namespace)
    if (line.action !== 'to restart' || !options.restart) {
      enrolled.push(line)
      continue
    }
    const restarted = { spec: { template: { metadata: { annotations: { [RESTARTED_AT]: new Date(options.now).toISOString() } } } } }
    await cluster.merge(`/apis/apps/v1/namespaces/${namespace}/${plural}/${workload.name}`, restarted)
    enrolled.push({ ...line, action: 'restarted' })
  }
  return enrolled
}

/** One label at a time: two would contradict each other (IST0123). */
function labelsFor(revision: string): Readonly<Record<string, string | null>> {
  return revision === DEFAULT_REVISION
    ? { 'istio-injection': 'enabled', 'istio.io/rev': null }
    : { 'istio-injection': null, 'istio.io/rev': revision }
}

function stateOf(
  workload: WorkloadObject,
  object: Fields,
  pods: readonly Fields[],
  policy: InjectionPolicy,
  namespace: string,
): EnrolledWorkload {
  const own = pods.filter(pod => selectsLabels(fieldsOf(object['spec'])['selector'], textsOf(fieldsOf(pod['metadata'])['labels'])))
  const meshed = own.filter(isInjected).length
  const { inject, reason } = decideInjection(workload.pod, namespace, policy)
  const told = { workload: `${workload.kind.toLowerCase()}/${workload.name}`, pods: own.length, meshed }
  if (!inject) return { ...told, action: 'skipped', reason }
  if (meshed === own.length) return { ...told, action: 'none', reason: own.length === 0 ? 'it has no pods' : 'all its pods have a proxy' }
  return { ...told, action: 'to restart', reason: `${own.length - meshed} of its pods have no proxy` }
}

export function printEnrolment(namespace: string, workloads: readonly EnrolledWorkload[], style: Style): string {
  const head = `namespace ${style.bold(namespace)} is enrolled: its new pods get proxies\n`
  if (workloads.length === 0) return `${head}it has no workloads\n`
  const rows = workloads.map(({ workload, pods, meshed, action, reason }) => [workload, `${meshed}/${pods}`, action, reason])
  const waiting = workloads.some(({ action }) => action === 'to restart')
  const next = waiting ? `\nNext: meshctl inject ns/${namespace} --restart\n` : ''
  return `${head}\n${renderTable(['WORKLOAD', 'MESHED', 'ACTION', 'REASON'], rows)}${next}`
}
