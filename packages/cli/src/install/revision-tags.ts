import { MeshError } from '@meshwork/core/result'
import type { InstallCluster } from './install-cluster.ts'
import { type InstallRecord, readRecords, writeRecord } from './install-record.ts'
import { keyOf, type KubeObject } from './kube-object.ts'
import { DEFAULT_REVISION, NAMESPACE_LABEL, ownerOf, REVISION_LABEL } from './ownership.ts'
import { INSTALLED_KINDS, NAMESPACE } from './resource-kinds.ts'
import { applyPart, recordOfRevision, type RevisionPlace } from './revision.ts'
import { mergeValues } from './set-values.ts'

/** A stable name of a revision: namespaces labelled `istio.io/rev=<tag>` follow it from one revision to the next. */
export interface RevisionTag {
  readonly tag: string
  readonly revision: string
  /** That follow it now. */
  readonly namespaces: readonly string[]
  /** Whose it is, if it was not made by meshctl. */
  readonly owner: string | null
}

export interface TagChange extends RevisionTag {
  /** Where it led to before; null: nowhere. */
  readonly before: string | null
  /** What was written, or would be. */
  readonly objects: readonly KubeObject[]
}

const TAG_LABEL = 'istio.io/tag'

/** Tags of a revision, as its record has them. */
export function tagsIn({ given }: InstallRecord): readonly string[] {
  const tags = given['revisionTags']
  return Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string') : []
}

/** Of the mesh in a namespace, by name. */
export async function listTags(cluster: InstallCluster, namespace: string): Promise<readonly RevisionTag[]> {
  const tags = (await injectors(cluster, namespace)).filter(({ metadata }) => metadata.labels?.[TAG_LABEL] !== undefined)
  const namespaces = await cluster.list(NAMESPACE)
  return tags.map(object => tagOf(object, namespaces, namespace)).toSorted((a, b) => (a.tag < b.tag ? -1 : 1))
}

/**
 * Lets a tag lead to a revision. Pods that run keep their sidecars. An interrupted run is finished by the next: the record of the
 * revision is written before the webhook, that of the one before after it. Throws TAG_TAKEN, TAG_IS_REVISION or what
 * `recordOfRevision` throws.
 */
export async function setTag(place: RevisionPlace, tag: string, revision: string, overwrite: boolean): Promise<TagChange> {
  const { cluster, namespace, options } = place
  const to = await recordOfRevision(cluster, namespace, revision)
  const before = (await listTags(cluster, namespace)).find(each => each.tag === tag)
  if (before !== undefined && before.revision !== revision && !overwrite) throw taken(before, revision)
  await demandFree(cluster, namespace, tag)
  const tags = [...new Set([...tagsIn(to), tag])]
  const given = mergeValues(to.given, { revisionTags: tags })
  if (!options.isDryRun) await writeRecord(cluster, namespace, { ...to, given })
  const objects = await applyPart(place, to, { revisionTags: tags }, object => belongsTo(tag, object))
  if (!options.isDryRun) await forgetIn(place, tag, revision)
  const namespaces = followers(tag, await cluster.list(NAMESPACE))
  return { tag, revision, namespaces, owner: null, before: before?.revision ?? null, objects }
}

/** Pods of namespaces that follow a tag get no sidecar once it is gone. Throws TAG_UNKNOWN, or OF_SOMEBODY_ELSE for one of Helm's. */
export async function removeTag(place: RevisionPlace, { tag, owner }: RevisionTag): Promise<void> {
  const { cluster, namespace } = place
  if (owner !== null) {
    const nextStep = 'take it out of revisionTags with helm upgrade'
    throw new MeshError('OF_SOMEBODY_ELSE', `tag ${tag} belongs to ${owner}; nothing was changed`, { source: 'config', nextStep })
  }
  const objects = (await injectors(cluster, namespace)).filter(({ metadata }) => metadata.labels?.[TAG_LABEL] === tag)
  for (const object of objects) await cluster.delete(keyOf(object))
  await forgetIn(place, tag, undefined)
}

/** Takes a tag out of all revisions but one; the webhook that admits objects of all revisions goes with the tag `default`. */
async function forgetIn(place: RevisionPlace, tag: string, but: string | undefined): Promise<void> {
  const { cluster, namespace } = place
  for (const record of await readRecords(cluster, namespace)) {
    const tags = tagsIn(record)
    if (record.revision === but || !tags.includes(tag)) continue
    const left = tags.filter(each => each !== tag)
    if (tag === DEFAULT_REVISION) await applyPart(place, record, { revisionTags: left }, isValidator)
    await writeRecord(cluster, namespace, { ...record, given: mergeValues(record.given, { revisionTags: left }) })
  }
}

function belongsTo(tag: string, object: KubeObject): boolean {
  return object.metadata.labels?.[TAG_LABEL] === tag || (tag === DEFAULT_REVISION && isValidator(object))
}

function isValidator({ kind }: KubeObject): boolean {
  return kind === 'ValidatingWebhookConfiguration'
}

async function injectors(cluster: InstallCluster, namespace: string): Promise<readonly KubeObject[]> {
  const kinds = INSTALLED_KINDS.filter(({ kind }) => kind === 'MutatingWebhookConfiguration')
  const found = await Promise.all(kinds.map(kind => cluster.list(kind, `app=sidecar-injector,${NAMESPACE_LABEL}=${namespace}`)))
  return found.flat()
}

/** The name of a revision that has an injector of its own would be served twice. */
async function demandFree(cluster: InstallCluster, namespace: string, tag: string): Promise<void> {
  const own = (await injectors(cluster, namespace)).filter(({ metadata }) => metadata.labels?.[TAG_LABEL] === undefined)
  if (!own.some(({ metadata }) => metadata.labels?.[REVISION_LABEL] === tag)) return
  const nextStep = tag === DEFAULT_REVISION ? 'meshctl upgrade start and promote move its namespaces' : 'choose another name'
  throw new MeshError('TAG_IS_REVISION', `${tag} is a revision in ${namespace}, and takes the namespaces labelled istio.io/rev=${tag}`, {
    source: 'config',
    nextStep,
  })
}

function tagOf(object: KubeObject, namespaces: readonly KubeObject[], home: string): RevisionTag {
  const labels = object.metadata.labels ?? {}
  const [tag, owner] = [labels[TAG_LABEL] ?? '', ownerOf(object, home)]
  return {
    tag,
    revision: labels[REVISION_LABEL] ?? '',
    namespaces: followers(tag, namespaces),
    owner: owner.kind === 'us' ? null : owner.name,
  }
}

/** As webhooks choose: the older label wins. */
function followers(tag: string, namespaces: readonly KubeObject[]): readonly string[] {
  return namespaces
    .filter(({ metadata: { labels = {} } }) => {
      const injection = labels['istio-injection']
      return injection === undefined ? labels[REVISION_LABEL] === tag : injection === 'enabled' && tag === DEFAULT_REVISION
    })
    .map(({ metadata }) => metadata.name)
    .toSorted()
}

function taken({ tag, revision }: RevisionTag, wanted: string): MeshError {
  return new MeshError('TAG_TAKEN', `tag ${tag} leads to revision ${revision}; nothing was changed`, {
    source: 'config',
    nextStep: `meshctl tag set ${tag} --revision ${wanted} --overwrite`,
  })
}
