import { fieldsOf, textOf } from '@meshwork/kube/client'
import { parse } from 'yaml'
import type { AppliedObject } from './apply-step.ts'
import { type ObjectKey, spoken } from './kube-object.ts'
import { changeText, diffValues, type FieldChange } from './object-diff.ts'

/** Something that is different after an upgrade, or stands in its way. Codes never change their meaning. */
export interface UpgradeFinding {
  readonly code: string
  /** `error`: the upgrade does not begin. `warning`: somebody should read it before. */
  readonly level: 'error' | 'warning' | 'info'
  readonly title: string
  readonly details: readonly string[]
  readonly remedy: string
}

/** One sort of change, found in what the cluster says an upgrade would do. */
interface ChangeKind extends Omit<UpgradeFinding, 'details'> {
  readonly find: (object: AppliedObject) => readonly string[]
}

const LONGEST_LIST = 40

/**
 * Every sort of change that users notice. They are read from what would be applied, compared by the API server with what is there, so
 * that none can be forgotten in release notes.
 */
const KINDS: readonly ChangeKind[] = [
  {
    code: 'MU0101',
    level: 'warning',
    title: 'settings of the mesh change for all proxies',
    remedy: 'keep the old value with --set meshConfig.<name>=<value>',
    find: ({ key, fields }) => (key.kind === 'ConfigMap' ? fields.filter(({ path }) => path === 'data.mesh').flatMap(textChanges) : []),
  },
  {
    code: 'MU0102',
    level: 'warning',
    title: 'new pods get a different sidecar',
    remedy: 'try it with one workload: kubectl rollout restart; values of global.proxy and sidecarInjectorWebhook keep what was',
    find: ({ key, fields }) =>
      isInjectorConfig(key) ? fields.filter(({ path }) => /^data\.(config|values)$/.test(path)).flatMap(textChanges) : [],
  },
  {
    code: 'MU0103',
    level: 'warning',
    title: 'who is asked about which pods and objects changes',
    remedy: 'check namespaces with meshctl check-inject after the upgrade',
    find: changesOf(key => key.kind.endsWith('WebhookConfiguration')),
  },
  {
    code: 'MU0104',
    level: 'info',
    title: 'rights of components change',
    remedy: 'meshctl upgrade --dry-run lists all rights',
    find: changesOf(key => /^(Cluster)?Role$/.test(key.kind)),
  },
  {
    code: 'MU0105',
    level: 'info',
    title: 'kinds of configuration change or are new',
    remedy: 'meshctl analyze tells whether what is there still fits',
    find: object => (object.key.kind === 'CustomResourceDefinition' && isChange(object) ? [`${object.key.name} ${object.change}`] : []),
  },
  {
    code: 'MU0106',
    level: 'info',
    title: 'workloads of the control plane and gateways are replaced',
    remedy: 'connections through gateways are drained; with one replica new ones may wait: --set gateways.<name>.replicaCount=2',
    find: replacedPods,
  },
  {
    code: 'MU0107',
    level: 'warning',
    title: 'ports or addresses of Services change',
    remedy: 'whoever calls the mesh from outside by them has to follow',
    find: changesOf(key => key.kind === 'Service'),
  },
]

/** What an upgrade changes, sorted by code; what would be removed is told as well. */
export function behaviourChanges(applied: readonly AppliedObject[], pruned: readonly ObjectKey[]): readonly UpgradeFinding[] {
  const found = KINDS.flatMap(({ find, ...kind }) => {
    const details = applied.flatMap(find)
    return details.length === 0 ? [] : [{ ...kind, details: shortened(details) }]
  })
  if (pruned.length === 0) return found
  const title = 'objects are no longer part of the mesh and go'
  const remedy = 'values of the chart may bring them back: meshctl profile show'
  return [...found, { code: 'MU0108', level: 'warning', title, remedy, details: shortened(pruned.map(spoken)) }]
}

function isInjectorConfig({ kind, name }: ObjectKey): boolean {
  return kind === 'ConfigMap' && name.startsWith('istio-sidecar-injector')
}

function isChange({ change }: AppliedObject): boolean {
  return change === 'created' || change === 'changed'
}

function changesOf(isMeant: (key: ObjectKey) => boolean): ChangeKind['find'] {
  return object => {
    if (!isMeant(object.key) || !isChange(object)) return []
    if (object.change === 'created') return [`+ ${spoken(object.key)}`]
    return object.fields.filter(({ path }) => !isBookkeeping(path)).map(field => `${spoken(object.key)}: ${changeText(field)}`)
  }
}

/** The images one by one, all else as a count: arguments shift when one is added. */
function replacedPods(object: AppliedObject): readonly string[] {
  if (!['Deployment', 'DaemonSet'].includes(object.key.kind) || !isChange(object)) return []
  if (object.change === 'created') return [`+ ${spoken(object.key)}`]
  const fields = object.fields.filter(({ path }) => !isBookkeeping(path))
  const images = fields.filter(({ path }) => path.endsWith('.image'))
  const rest = fields.length - images.length
  return [
    ...images.map(field => `${spoken(object.key)}: ${changeText(field)}`),
    ...(rest === 0 ? [] : [`${spoken(object.key)}: ${rest} other fields`]),
  ]
}

/** Labels and annotations that nobody but us reads. */
function isBookkeeping(path: string): boolean {
  return /metadata\.(labels|annotations)\[?"?\.?(app\.kubernetes\.io\/version|install\.meshwork\.dev|checksum)/.test(path)
}

/** Differences within a text that is a document itself. */
function textChanges({ path, before, after }: FieldChange): readonly string[] {
  const [old, next] = [documentOf(before), documentOf(after)]
  const changes = diffValues(old, next)
  // Comments and order are no behaviour.
  return changes.map(change => changeText({ ...change, path: change.path === '' ? path : change.path }))
}

function documentOf(text: unknown): unknown {
  try {
    const document: unknown = parse(textOf(text), { maxAliasCount: 100 })
    return Object.keys(fieldsOf(document)).length === 0 ? text : document
  } catch {
    return text
  }
}

function shortened(details: readonly string[]): readonly string[] {
  if (details.length <= LONGEST_LIST) return details
  return [...details.slice(0, LONGEST_LIST), `and ${details.length - LONGEST_LIST} more`]
}
