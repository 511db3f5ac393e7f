import { fieldsOf, textOf } from '@meshwork/kube/client'
import { parse, stringify } from 'yaml'
import type { InstallCluster } from './install-cluster.ts'
import type { InstallPlan } from './install-values.ts'
import { RECORD } from './inventory.ts'
import type { KubeObject, ObjectKey } from './kube-object.ts'
import { COMPONENT_LABEL, MANAGED_BY, NAMESPACE_LABEL, OURSELVES, REVISION_LABEL } from './ownership.ts'
import { INSTALLED_KINDS } from './resource-kinds.ts'
import { isTree, type ValueTree } from './set-values.ts'

/** `applying`: a run was interrupted; the next one goes on. */
export type Phase = 'applying' | 'installed'

/** What was installed into a namespace under a revision, kept in the cluster. */
export interface InstallRecord {
  readonly version: string
  readonly profile: string
  readonly revision: string
  readonly phase: Phase
  /** Without the defaults of the chart: an upgrade brings new ones. */
  readonly given: ValueTree
}

export function recordOf({ version, profile, revision, given }: InstallPlan, phase: Phase): InstallRecord {
  return { version, profile, revision, given, phase }
}

export async function readRecord(cluster: InstallCluster, namespace: string, revision: string): Promise<InstallRecord | undefined> {
  const live = await cluster.read(keyOfRecord(namespace, revision))
  return live === undefined ? undefined : parseRecord(live)
}

/** Of all revisions in a namespace. */
export async function readRecords(cluster: InstallCluster, namespace: string): Promise<readonly InstallRecord[]> {
  const configMaps = INSTALLED_KINDS.filter(({ kind }) => kind === 'ConfigMap')
  const found = await Promise.all(configMaps.map(kind => cluster.list(kind, `${COMPONENT_LABEL}=${RECORD}`, namespace)))
  return found.flat().flatMap(object => parseRecord(object) ?? [])
}

/** Writes nothing if the same is there already. */
export async function writeRecord(cluster: InstallCluster, namespace: string, record: InstallRecord): Promise<void> {
  await cluster.apply(objectOfRecord(namespace, record), { isDryRun: false, force: true })
}

export function sameInstallation(a: InstallRecord, b: InstallRecord): boolean {
  return a.version === b.version && a.profile === b.profile && stringify(a.given) === stringify(b.given)
}

function keyOfRecord(namespace: string, revision: string): ObjectKey {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `meshwork-install-${revision}` }
}

function objectOfRecord(namespace: string, { version, profile, revision, phase, given }: InstallRecord): KubeObject {
  const labels = {
    [MANAGED_BY]: OURSELVES,
    'app.kubernetes.io/part-of': 'istio',
    [COMPONENT_LABEL]: RECORD,
    [NAMESPACE_LABEL]: namespace,
    [REVISION_LABEL]: revision,
  }
  const { apiVersion, kind, name } = keyOfRecord(namespace, revision)
  const data = { version, profile, revision, phase, values: stringify(given) }
  return { apiVersion, kind, metadata: { name, namespace, labels }, data }
}

function parseRecord(live: KubeObject): InstallRecord | undefined {
  const data = fieldsOf(live['data'])
  const given = valuesIn(textOf(data['values']))
  const [version, profile, revision] = [textOf(data['version']), textOf(data['profile']), textOf(data['revision'])]
  if (given === undefined || revision === '') return undefined
  return { version, profile, revision, given, phase: data['phase'] === 'installed' ? 'installed' : 'applying' }
}

function valuesIn(text: string): ValueTree | undefined {
  try {
    const values: unknown = parse(text)
    return isTree(values) ? values : {}
  } catch {
    return undefined
  }
}
