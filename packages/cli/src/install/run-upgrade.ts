import { MeshError } from '@meshwork/core/result'
import { applyStep } from './apply-step.ts'
import type { InstallCluster } from './install-cluster.ts'
import { type InstallRecord, readRecord } from './install-record.ts'
import { planInstall } from './install-values.ts'
import { takeInventory, ofRevision } from './inventory.ts'
import { keyOf, type KubeObject } from './kube-object.ts'
import { COMPONENT_LABEL } from './ownership.ts'
import { renderInstall } from './render-install.ts'
import { type InstallOptions, runInstall } from './run-install.ts'
import { planRemoval, remove } from './run-uninstall.ts'
import { mergeValues, type Value, type ValueTree } from './set-values.ts'
import { besideOthers, sharingRevision } from './shared-components.ts'
import { refuseConflicts, survey } from './survey.ts'
import { forgetUpgrade, readUpgrade, type UpgradeRecord, writeUpgrade } from './upgrade-record.ts'

/** Where an upgrade happens and how it is told. */
export interface UpgradePlace {
  readonly cluster: InstallCluster
  readonly namespace: string
  readonly kubeVersion: string
  readonly charts: string | undefined
  readonly cwd: string
  readonly options: InstallOptions
}

/** What the user wants otherwise in the new revision. */
export interface UpgradeValues {
  readonly files: readonly string[]
  readonly sets: readonly string[]
}

/** The revision that takes namespaces with istio-injection=enabled, and the tag that does the same for another revision. */
const DEFAULT = 'default'
const NO_VALUES: UpgradeValues = { files: [], sets: [] }

/** Puts the control plane of this meshctl beside the one that runs, with the same values. Nothing moves to it yet. */
export async function startUpgrade(place: UpgradePlace, to: string, values: UpgradeValues): Promise<UpgradeRecord> {
  const { cluster, namespace } = place
  const under = await readUpgrade(cluster, namespace)
  if (under !== undefined && under.to !== to) throw underWay(under)
  const from = under?.from ?? (await sharingRevision(cluster, namespace))
  if (from === undefined || from === to) throw nothingToUpgrade(namespace, to)
  const before = await recordOf(place, from)
  const record: UpgradeRecord = { from, to, phase: under?.phase ?? 'started' }
  await writeUpgrade(cluster, namespace, record)
  // The certificate authority has to know the new account before its first pod asks. Nothing else of the old revision is touched.
  await applyPart(place, before, { citadel: { revisions: [to] } }, isCitadel)
  const given = mergeValues(before.given, { revision: to, revisionTags: [] })
  await applyAll(place, before.profile, mergeValues(given, besideOthers(from, to)), values)
  return record
}

/** New pods get sidecars of the new revision. The new webhook is there before the old one goes; a pod is injected once. */
export async function promoteUpgrade(place: UpgradePlace): Promise<UpgradeRecord> {
  const { cluster, namespace } = place
  const record = await upgradeUnderWay(place)
  const [before, after] = [await recordOf(place, record.from), await recordOf(place, record.to)]
  await applyAll(place, after.profile, mergeValues(after.given, { revisionTags: tagsOf(before) }))
  const promoted: UpgradeRecord = { ...record, phase: 'promoted' }
  await writeUpgrade(cluster, namespace, promoted)
  if (record.from !== DEFAULT) return promoted
  const { objects } = await takeInventory(cluster, namespace)
  for (const injector of ofRevision(objects, DEFAULT).filter(isInjector)) await cluster.delete(keyOf(injector))
  return promoted
}

/** Back to the old revision, whatever was done: its webhooks first, then the new control plane goes. */
export async function rollbackUpgrade(place: UpgradePlace): Promise<UpgradeRecord> {
  const { cluster, namespace, options } = place
  const record = await upgradeUnderWay(place)
  const before = await recordOf(place, record.from)
  await applyPart(place, before, {}, isInjector)
  await remove(cluster, await planRemoval(cluster, namespace, record.to), options.clock)
  await applyPart(place, before, { citadel: { revisions: [] } }, isCitadel)
  await forgetUpgrade(cluster, namespace)
  return record
}

/** The new revision takes what both shared, and the old one goes. */
export async function finishUpgrade(place: UpgradePlace): Promise<UpgradeRecord> {
  const { cluster, namespace, options } = place
  const record = await upgradeUnderWay(place)
  if (record.phase !== 'promoted') throw notPromoted(record)
  const [before, after] = [await readRecord(cluster, namespace, record.from), await recordOf(place, record.to)]
  const own: ValueTree = { revision: record.to, revisionTags: after.given['revisionTags'] ?? [], citadel: { revisions: [] } }
  await applyAll(place, after.profile, before === undefined ? after.given : mergeValues(before.given, own))
  await remove(cluster, await planRemoval(cluster, namespace, record.from), options.clock)
  await forgetUpgrade(cluster, namespace)
  return record
}

/** A whole revision, with its record. */
async function applyAll(place: UpgradePlace, profile: string, given: ValueTree, values: UpgradeValues = NO_VALUES): Promise<void> {
  const { cluster, namespace, charts, cwd, kubeVersion, options } = place
  const plan = planInstall({ profile, ...values, namespace, charts }, cwd, given)
  await runInstall(cluster, plan, renderInstall(plan, kubeVersion), options)
}

/** Some objects of a revision; the rest of it, which may be of another version, stays as it is. */
async function applyPart(
  place: UpgradePlace,
  record: InstallRecord,
  over: ValueTree,
  isWanted: (object: KubeObject) => boolean,
): Promise<void> {
  const { cluster, namespace, charts, cwd, kubeVersion, options } = place
  const flags = { profile: record.profile, files: [], sets: [], namespace, charts }
  const plan = planInstall(flags, cwd, mergeValues(record.given, over))
  const surveyed = await survey(cluster, renderInstall(plan, kubeVersion).filter(isWanted), namespace)
  refuseConflicts(surveyed)
  await applyStep(cluster, surveyed, options)
}

function isCitadel({ metadata }: KubeObject): boolean {
  return metadata.labels?.[COMPONENT_LABEL] === 'citadel'
}

function isInjector({ kind }: KubeObject): boolean {
  return kind === 'MutatingWebhookConfiguration'
}

function tagsOf({ given, revision }: InstallRecord): readonly Value[] {
  const own = listOf(given['revisionTags'])
  return revision === DEFAULT && !own.includes(DEFAULT) ? [...own, DEFAULT] : own
}

function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

async function recordOf({ cluster, namespace }: UpgradePlace, revision: string): Promise<InstallRecord> {
  const record = await readRecord(cluster, namespace, revision)
  if (record !== undefined) return record
  throw new MeshError('NO_RECORD', `namespace ${namespace} has no record of an installation of revision ${revision} by meshctl`, {
    source: 'config',
    nextStep: 'an installation by Helm is upgraded by helm upgrade; meshctl install --adopt makes it one of meshctl',
  })
}

async function upgradeUnderWay({ cluster, namespace }: UpgradePlace): Promise<UpgradeRecord> {
  const record = await readUpgrade(cluster, namespace)
  if (record !== undefined) return record
  throw new MeshError('NO_UPGRADE', `no upgrade is under way in ${namespace}`, {
    source: 'config',
    nextStep: 'meshctl upgrade start --to <revision>',
  })
}

function underWay({ from, to }: UpgradeRecord): MeshError {
  const nextStep = 'meshctl upgrade rollback or finish ends it'
  return new MeshError('UPGRADE_UNDER_WAY', `an upgrade from ${from} to ${to} is under way`, { source: 'config', nextStep })
}

function nothingToUpgrade(namespace: string, to: string): MeshError {
  const reason = `namespace ${namespace} has no control plane other than ${to}`
  return new MeshError('NOTHING_TO_UPGRADE', reason, { source: 'config', nextStep: 'meshctl install; or name a new revision with --to' })
}

function notPromoted({ from, to }: UpgradeRecord): MeshError {
  return new MeshError('NOT_PROMOTED', `revision ${to} was not promoted: new pods still get sidecars of ${from}`, {
    source: 'config',
    nextStep: 'meshctl upgrade promote, then restart workloads; meshctl upgrade status tells how many are left',
  })
}
