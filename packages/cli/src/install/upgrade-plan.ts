import { behaviourChanges, type UpgradeFinding } from './behaviour-changes.ts'
import { configurationOfUsers } from './export-configuration.ts'
import type { InstallCluster } from './install-cluster.ts'
import type { InstallRecord } from './install-record.ts'
import { planInstall } from './install-values.ts'
import { takeInventory } from './inventory.ts'
import { keyOf, spoken } from './kube-object.ts'
import { REVISION_LABEL } from './ownership.ts'
import { renderInstall } from './render-install.ts'
import { NAMESPACE } from './resource-kinds.ts'
import { recordOfRevision, type RevisionPlace, type RevisionValues } from './revision.ts'
import { tagsIn } from './revision-tags.ts'
import { runInstall } from './run-install.ts'
import { sharingRevision } from './shared-components.ts'
import { upgradeObstacles } from './upgrade-obstacles.ts'
import { type NamespaceProgress, progressByNamespace } from './upgrade-progress.ts'
import { readUpgrade } from './upgrade-record.ts'

/** What an upgrade would do to a cluster. */
export interface UpgradePlan {
  readonly namespace: string
  /** Revision that runs, and its version. */
  readonly from: string
  readonly fromVersion: string
  /** Revision that would run beside it; null: in place. */
  readonly to: string | null
  readonly toVersion: string
  readonly findings: readonly UpgradeFinding[]
  /** Pods whose sidecars would be replaced, when they are restarted. */
  readonly namespaces: readonly NamespaceProgress[]
}

const MOST_TOLD = 20

/** Asks the cluster what would change, and changes nothing. Throws VALUES_INVALID, OBJECTS_OF_OTHERS or what `recordOfRevision` throws. */
export async function planUpgrade(place: RevisionPlace, to: string | undefined, values: RevisionValues): Promise<UpgradePlan> {
  const { cluster, namespace, charts, cwd, kubeVersion, options } = place
  const under = await readUpgrade(cluster, namespace)
  const from = under?.from ?? (await sharingRevision(cluster, namespace)) ?? 'default'
  const before = await recordOfRevision(cluster, namespace, from)
  const plan = planInstall({ profile: before.profile, ...values, namespace, charts }, cwd, before.given)
  const { applied, pruned } = await runInstall(cluster, plan, renderInstall(plan, kubeVersion), { ...options, isDryRun: true })
  const findings = [
    ...upgradeObstacles(before, plan.version, under, to),
    ...behaviourChanges(applied, pruned),
    ...(await followers(cluster, from, before, to)),
    ...(await unreadObjects(cluster, namespace, to === undefined ? [from, ...tagsIn(before)] : [to, from, ...tagsIn(before)])),
  ]
  const namespaces = await progressByNamespace(cluster, namespace, { from, to: to ?? from, phase: 'started' })
  return { namespace, from, fromVersion: before.version, to: to ?? null, toVersion: plan.version, findings, namespaces }
}

/** Namespaces that name the old revision itself: `promote` moves tags and injection labels, not them. */
async function followers(
  cluster: InstallCluster,
  from: string,
  before: InstallRecord,
  to: string | undefined,
): Promise<readonly UpgradeFinding[]> {
  if (to === undefined || tagsIn(before).includes(from)) return []
  const all = await cluster.list(NAMESPACE, `${REVISION_LABEL}=${from}`)
  // A revision called `default` leaves a tag of that name behind.
  const fixed = from === 'default' ? [] : all.map(({ metadata }) => metadata.name)
  if (fixed.length === 0) return []
  return [
    {
      ...{ code: 'MU0201', level: 'warning', title: 'namespaces name the old revision itself and do not follow the upgrade' },
      details: fixed.slice(0, MOST_TOLD),
      remedy: `meshctl tag set prod --revision ${from}, then kubectl label namespace <name> ${REVISION_LABEL}=prod --overwrite`,
    },
  ]
}

/** Configuration for revisions that are not there: nobody carries it out. */
async function unreadObjects(cluster: InstallCluster, namespace: string, read: readonly string[]): Promise<readonly UpgradeFinding[]> {
  const { definitions } = await takeInventory(cluster, namespace)
  const objects = (await configurationOfUsers(cluster, definitions.map(keyOf))).filter(({ metadata }) => {
    const revision = metadata.labels?.[REVISION_LABEL]
    return revision !== undefined && revision !== '' && !read.includes(revision)
  })
  if (objects.length === 0) return []
  return [
    {
      ...{ code: 'MU0202', level: 'warning', title: `objects are labelled ${REVISION_LABEL} for other revisions, and are not read` },
      details: objects.slice(0, MOST_TOLD).map(object => `${spoken(keyOf(object))}: ${object.metadata.labels?.[REVISION_LABEL] ?? ''}`),
      remedy: `remove the label, or name the revision that shall read them`,
    },
  ]
}
