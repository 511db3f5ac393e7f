import { type Fields, fieldsOf, isFields, textOf } from '@meshwork/pilot/inject'

/** Where the pod stands in an object of a kind, with the groups that have the kind. */
interface WorkloadKind {
  readonly path: readonly string[]
  readonly groups: readonly string[]
}

const TEMPLATE = ['spec', 'template']
const KINDS: Readonly<Record<string, WorkloadKind>> = {
  Pod: { path: [], groups: [''] },
  ReplicationController: { path: TEMPLATE, groups: [''] },
  Deployment: { path: TEMPLATE, groups: ['apps', 'extensions'] },
  DaemonSet: { path: TEMPLATE, groups: ['apps', 'extensions'] },
  ReplicaSet: { path: TEMPLATE, groups: ['apps', 'extensions'] },
  StatefulSet: { path: TEMPLATE, groups: ['apps'] },
  Job: { path: TEMPLATE, groups: ['batch'] },
  CronJob: { path: ['spec', 'jobTemplate', 'spec', 'template'], groups: ['batch'] },
  DeploymentConfig: { path: TEMPLATE, groups: ['apps.openshift.io', ''] },
}

/** An object that makes pods, or is one. */
export interface WorkloadObject {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  /** Empty: that of whoever applies it. */
  readonly namespace: string
  readonly pod: Fields
  /** The object with another pod. */
  readonly with: (pod: Fields) => Fields
}

/** undefined: the object makes no pods. */
export function workloadObject(object: Fields): WorkloadObject | undefined {
  const [apiVersion, kind] = [textOf(object['apiVersion']), textOf(object['kind'])]
  const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  if (known === undefined || !known.groups.includes(group)) return undefined
  const pod = at(object, known.path)
  if (!isFields(pod['spec'])) return undefined
  const { name, generateName, namespace } = fieldsOf(object['metadata'])
  const title = textOf(name) || textOf(generateName).replace(/-$/, '')
  return { apiVersion, kind, name: title, namespace: textOf(namespace), pod, with: changed => placed(object, known.path, changed) }
}

/** The objects of a List, or the object itself. */
export function listItems(object: Fields): readonly Fields[] | undefined {
  return textOf(object['kind']) === 'List' && Array.isArray(object['items']) ? object['items'].map(fieldsOf) : undefined
}

function at(object: Fields, path: readonly string[]): Fields {
  return path.reduce((value, field) => fieldsOf(value[field]), object)
}

function placed(object: Fields, [field, ...rest]: readonly string[], value: Fields): Fields {
  return field === undefined ? value : { ...object, [field]: placed(fieldsOf(object[field]), rest, value) }
}
