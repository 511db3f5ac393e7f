import { type Fields, fieldsOf, itemsOf, textOf, textsOf } from './json.ts'

/** Who made a pod, as far as its first creator's creator: a Deployment, not its ReplicaSet. */
export interface Workload {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
}

/** CronJobs add the minutes of the schedule to their names. */
const OF_CRON_JOB = /^(.+)-\d{8,10}$/
const HASH = 'pod-template-hash'

/** From the pod alone, as it comes to admission; `name` is empty for a pod that nobody named yet. */
export function workloadOf(pod: Fields): Workload {
  const metadata = fieldsOf(pod['metadata'])
  const owner = itemsOf(metadata['ownerReferences']).find(each => each['controller'] === true)
  const name = textOf(metadata['name']) || textOf(metadata['generateName']).replace(/-$/, '')
  if (owner === undefined) return { apiVersion: 'v1', kind: 'Pod', name }
  const direct = { apiVersion: textOf(owner['apiVersion']), kind: textOf(owner['kind']), name: textOf(owner['name']) }
  return ownerOfReplicaSet(direct, textsOf(metadata['labels'])[HASH]) ?? ownerOfJob(direct) ?? direct
}

function ownerOfReplicaSet(owner: Workload, hash: string | undefined): Workload | undefined {
  if (owner.kind !== 'ReplicaSet' || hash === undefined || !owner.name.endsWith(`-${hash}`)) return undefined
  return { apiVersion: 'apps/v1', kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) }
}

function ownerOfJob(owner: Workload): Workload | undefined {
  const name = owner.kind === 'Job' ? OF_CRON_JOB.exec(owner.name)?.[1] : undefined
  return name === undefined ? undefined : { apiVersion: 'batch/v1', kind: 'CronJob', name }
}

/** Istio's form: `kubernetes://apis/apps/v1/namespaces/shop/deployments/cart`. */
export function ownerUrl({ apiVersion, kind, name }: Workload, namespace: string): string {
  return `kubernetes://apis/${apiVersion}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`
}
