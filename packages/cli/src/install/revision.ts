import { MeshError } from '@meshwork/core/result'
import { applyStep } from './apply-step.ts'
import type { InstallCluster } from './install-cluster.ts'
import { type InstallRecord, readRecord } from './install-record.ts'
import { planInstall } from './install-values.ts'
import type { KubeObject } from './kube-object.ts'
import { DEFAULT_REVISION, ownerOf } from './ownership.ts'
import { renderInstall } from './render-install.ts'
import { type InstallOptions, runInstall, stepIsReady } from './run-install.ts'
import { mergeValues, type ValueTree } from './set-values.ts'
import { refuseConflicts, survey } from './survey.ts'

/** Where revisions are changed and how it is told. */
export interface RevisionPlace {
  readonly cluster: InstallCluster
  readonly namespace: string
  readonly kubeVersion: string
  readonly charts: string | undefined
  readonly cwd: string
  readonly options: InstallOptions
}

/** What the user wants otherwise in a new revision. */
export interface RevisionValues {
  readonly files: readonly string[]
  readonly sets: readonly string[]
}

const NO_VALUES: RevisionValues = { files: [], sets: [] }

/** A whole revision, with its record. */
export async function applyRevision(
  place: RevisionPlace,
  profile: string,
  given: ValueTree,
  values: RevisionValues = NO_VALUES,
): Promise<void> {
  const { cluster, namespace, charts, cwd, kubeVersion, options } = place
  const plan = planInstall({ profile, ...values, namespace, charts }, cwd, given)
  await runInstall(cluster, plan, renderInstall(plan, kubeVersion), options)
}

/** Some objects of a revision, which are waited for; the rest of it, which may be of another version, stays as it is. */
export async function applyPart(
  place: RevisionPlace,
  record: InstallRecord,
  over: ValueTree,
  isWanted: (object: KubeObject) => boolean,
): Promise<readonly KubeObject[]> {
  const { cluster, namespace, charts, cwd, kubeVersion, options } = place
  const flags = { profile: record.profile, ...NO_VALUES, namespace, charts }
  const plan = planInstall(flags, cwd, mergeValues(record.given, over))
  const objects = renderInstall(plan, kubeVersion).filter(isWanted)
  const surveyed = await survey(cluster, objects, namespace)
  refuseConflicts(surveyed)
  await applyStep(cluster, surveyed, options)
  await stepIsReady(cluster, { component: `revision ${record.revision}`, objects }, namespace, options)
  return objects
}

/** Throws NO_RECORD, which says what to do with an installation by Helm. */
export async function recordOfRevision(cluster: InstallCluster, namespace: string, revision: string): Promise<InstallRecord> {
  const record = await readRecord(cluster, namespace, revision)
  if (record !== undefined) return record
  const name = revision === DEFAULT_REVISION ? 'istiod' : `istiod-${revision}`
  const pilot = await cluster.read({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name })
  const owner = pilot === undefined ? undefined : ownerOf(pilot, namespace)
  if (owner?.kind === 'other') throw ofSomebodyElse(namespace, revision, owner.name)
  throw new MeshError('NO_RECORD', `namespace ${namespace} has no installation of revision ${revision}`, {
    source: 'config',
    nextStep: 'meshctl upgrade status and meshctl tag list tell what is there; meshctl install makes one',
  })
}

function ofSomebodyElse(namespace: string, revision: string, owner: string): MeshError {
  const release = /^Helm release (\S+) \(/.exec(owner)?.[1]
  const nextStep =
    release === undefined
      ? 'change it with what installed it; meshctl install --adopt takes it over for good'
      : `helm upgrade mesh-base charts/base -n ${namespace}; helm upgrade ${release} charts/mesh -n ${namespace} --reuse-values ` +
        `(with --set revisionTags={TAG} for tags); or meshctl install --adopt, after which Helm must not touch it any more`
  return new MeshError('OF_SOMEBODY_ELSE', `revision ${revision} in ${namespace} belongs to ${owner}; nothing was changed`, {
    source: 'config',
    nextStep,
  })
}
