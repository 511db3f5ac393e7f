import { resolve } from 'node:path'
import { MeshError } from '@meshwork/core/result'
import { chartFolder, chartVersion } from './chart-folder.ts'
import { type InstallRecord, readRecord, writeRecord } from './install-record.ts'
import { takeInventory, ofRevision } from './inventory.ts'
import { keyOf, type KubeObject } from './kube-object.ts'
import { COMPONENT_LABEL, DEFAULT_REVISION } from './ownership.ts'
import { applyPart, applyRevision, recordOfRevision, type RevisionPlace, type RevisionValues } from './revision.ts'
import { planRemoval, remove } from './run-uninstall.ts'
import { isTree, mergeValues, type ValueTree } from './set-values.ts'
import { besideOthers, sharingRevision, takingOver } from './shared-components.ts'
import { tagsIn } from './revision-tags.ts'
import { refuseObstacles, upgradeObstacles } from './upgrade-obstacles.ts'
import { forgetUpgrade, readUpgrade, type UpgradeRecord, writeUpgrade } from './upgrade-record.ts'

/** Puts the control plane of this meshctl beside the one that runs, with the same values. Nothing moves to it yet. */
export async function startUpgrade(place: RevisionPlace, to: string, values: RevisionValues): Promise<UpgradeRecord> {
  const { cluster, namespace } = place
  const under = await readUpgrade(cluster, namespace)
  if (under !== undefined && under.to !== to) throw underWay(under)
  const from = under?.from ?? (await sharingRevision(cluster, namespace))
  if (from === undefined || from === to) throw nothingToUpgrade(namespace, to)
  const before = await recordOfRevision(cluster, namespace, from)
  refuseObstacles(upgradeObstacles(before, versionOf(place), under, to))
  const record: UpgradeRecord = { from, to, phase: under?.phase ?? 'started' }
  await writeUpgrade(cluster, namespace, record)
  // The certificate authority has to know the new account before its first pod asks. Nothing else of the old revision is touched.
  await applyPart(place, before, { citadel: { revisions: [to] }, ...ofVersion(before) }, isCitadel)
  const known = await readRecord(cluster, namespace, to)
  const given = mergeValues(before.given, { revision: to, revisionTags: known === undefined ? [] : tagsIn(known) })
  await applyRevision(place, before.profile, mergeValues(given, besideOthers(from, to)), values)
  return record
}

/** New pods get sidecars of the new revision. The new webhook answers before the old one goes; a pod is injected once. */
export async function promoteUpgrade(place: RevisionPlace): Promise<UpgradeRecord> {
  const { cluster, namespace } = place
  const record = await upgradeUnderWay(place)
  const [before, after] = [await recordOfRevision(cluster, namespace, record.from), await recordOfRevision(cluster, namespace, record.to)]
  await applyRevision(place, after.profile, mergeValues(after.given, { revisionTags: movedTags(before, after) }))
  const promoted: UpgradeRecord = { ...record, phase: 'promoted' }
  await writeUpgrade(cluster, namespace, promoted)
  if (record.from !== DEFAULT_REVISION) return promoted
  const { objects } = await takeInventory(cluster, namespace)
  for (const injector of ofRevision(objects, DEFAULT_REVISION).filter(isInjector)) await cluster.delete(keyOf(injector))
  return promoted
}

/**
 * Back to the old revision, whatever was done: its webhooks and all tags first, then the new control plane goes. Shared components are
 * of the version they had.
 */
export async function rollbackUpgrade(place: RevisionPlace): Promise<UpgradeRecord> {
  const { cluster, namespace, options } = place
  const record = await upgradeUnderWay(place)
  const [before, after] = [await recordOfRevision(cluster, namespace, record.from), await readRecord(cluster, namespace, record.to)]
  const revisionTags = movedTags(before, after).filter(tag => tag !== record.from)
  const back: InstallRecord = revisionTags.length === 0 ? before : { ...before, given: mergeValues(before.given, { revisionTags }) }
  await writeRecord(cluster, namespace, back)
  await applyPart(place, back, {}, isInjector)
  await remove(cluster, await planRemoval(cluster, namespace, record.to), options.clock)
  await applyPart(place, back, { citadel: { revisions: [] }, ...ofVersion(before) }, isCitadel)
  await forgetUpgrade(cluster, namespace)
  return record
}

/** The new revision takes what both shared, and the old one goes. */
export async function finishUpgrade(place: RevisionPlace): Promise<UpgradeRecord> {
  const { cluster, namespace, options } = place
  const record = await upgradeUnderWay(place)
  if (record.phase !== 'promoted') throw notPromoted(record)
  const [before, after] = [await readRecord(cluster, namespace, record.from), await recordOfRevision(cluster, namespace, record.to)]
  const own: ValueTree = { revisionTags: movedTags(before, after), citadel: { revisions: [] } }
  await applyRevision(place, after.profile, before === undefined ? after.given : mergeValues(takingOver(after.given, before.given), own))
  await remove(cluster, await planRemoval(cluster, namespace, record.from), options.clock)
  await forgetUpgrade(cluster, namespace)
  return record
}

/** The images of a revision stay what they are, although the charts that are rendered are newer. */
function ofVersion({ version, given }: InstallRecord): ValueTree {
  const global = isTree(given['global']) ? given['global'] : {}
  return { global: { ...global, tag: typeof global['tag'] === 'string' && global['tag'] !== '' ? global['tag'] : version } }
}

function isCitadel({ metadata }: KubeObject): boolean {
  return metadata.labels?.[COMPONENT_LABEL] === 'citadel'
}

function isInjector({ kind }: KubeObject): boolean {
  return kind === 'MutatingWebhookConfiguration'
}

/** Names that lead to either of two revisions, with `default` if one of them is that. */
function movedTags(before: InstallRecord | undefined, after: InstallRecord | undefined): readonly string[] {
  const own = before?.revision === DEFAULT_REVISION ? [DEFAULT_REVISION] : []
  return [...new Set([...[before, after].flatMap(record => (record === undefined ? [] : tagsIn(record))), ...own])]
}

async function upgradeUnderWay({ cluster, namespace }: RevisionPlace): Promise<UpgradeRecord> {
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

/** Of the charts that would be applied. */
function versionOf({ charts, cwd }: RevisionPlace): string {
  return chartVersion(chartFolder(charts === undefined ? undefined : resolve(cwd, charts)))
}
