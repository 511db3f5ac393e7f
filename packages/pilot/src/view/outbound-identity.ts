import type { ConfigObject, Labels } from '@meshwork/config/kinds'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { collectorHost } from './tracing-settings.ts'
import type { ViewIdentity } from './view-identity.ts'

/** Kinds whose selectors concern the inbound side of a workload only. */
const INBOUND_KINDS: ReadonlySet<string> = new Set([
  'PeerAuthentication',
  'AuthorizationPolicy',
  'RequestAuthentication',
  'Policy',
  'ServiceRoleBinding',
])
/** Fields of specs whose value is a map of labels that a workload must have. */
const SELECTOR_FIELDS: ReadonlySet<string> = new Set(['sourceLabels', 'matchLabels', 'workloadLabels'])
const SELECTOR_OBJECTS: ReadonlySet<string> = new Set(['workloadSelector', 'selector'])

/**
 * The identity as far as the outbound part of a view depends on it, so that the workloads of one namespace share that part.
 * Labels are compared for equality only, so those that no selector mentions with that value change nothing; they stay where
 * something writes them out (spans, telemetry).
 */
export function outboundIdentity(identity: ViewIdentity, snapshot: MeshSnapshot): ViewIdentity {
  if (identity.kind !== 'sidecar') return identity
  return {
    ...identity,
    ownPorts: [],
    ip: '',
    labels: writesLabels(snapshot) ? identity.labels : mentionedLabels(identity.labels, snapshot),
  }
}

/** All that the projection of identities depends on, as text: equal texts, equal projections. */
export function projectionText(snapshot: MeshSnapshot): string {
  let text = texts.get(snapshot)
  if (text === undefined) {
    const pairs = new Set(tablesOf(snapshot).flatMap(table => [...pairsOf(table)]))
    text = `${writesLabels(snapshot)} ${[...pairs].toSorted().join(' ')}`
    texts.set(snapshot, text)
  }
  return text
}
const texts = new WeakMap<MeshSnapshot, string>()

function writesLabels(snapshot: MeshSnapshot): boolean {
  return collectorHost(snapshot).length > 0 || tablesOf(snapshot).some(table => table.some(({ kind }) => kind === 'Telemetry'))
}

function mentionedLabels(labels: Labels, snapshot: MeshSnapshot): Labels {
  const mentioned = tablesOf(snapshot).map(pairsOf)
  return Object.fromEntries(Object.entries(labels).filter(([key, value]) => mentioned.some(pairs => pairs.has(`${key}=${value}`))))
}

/** The lists of objects of a snapshot, whichever kinds it has. */
function tablesOf(snapshot: MeshSnapshot): readonly (readonly ConfigObject[])[] {
  let tables = tablesBySnapshot.get(snapshot)
  if (tables === undefined) {
    const { objects: _everything, rejections: _rejections, ...parts } = Object.getOwnPropertyDescriptors(snapshot)
    tables = Object.values(parts).flatMap(({ value }) => (isTable(value) ? [value] : []))
    tablesBySnapshot.set(snapshot, tables)
  }
  return tables
}
const tablesBySnapshot = new WeakMap<MeshSnapshot, readonly (readonly ConfigObject[])[]>()

function isTable(value: unknown): value is readonly ConfigObject[] {
  return Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null && 'kind' in value[0] && 'spec' in value[0]
}

/** `key=value` of all labels that selectors of these objects demand. Computed once for each list. */
function pairsOf(table: readonly ConfigObject[]): ReadonlySet<string> {
  let pairs = pairsByTable.get(table)
  if (pairs === undefined) {
    pairs = new Set()
    for (const object of table) if (!INBOUND_KINDS.has(object.kind)) collect(object.spec, pairs)
    pairsByTable.set(table, pairs)
  }
  return pairs
}
const pairsByTable = new WeakMap<readonly ConfigObject[], Set<string>>()

function collect(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) collect(item, into)
    return
  }
  for (const [field, inner] of Object.entries(value)) {
    if (SELECTOR_FIELDS.has(field)) addPairs(inner, into)
    else if (SELECTOR_OBJECTS.has(field)) addSelector(inner, into)
    else collect(inner, into)
  }
}

/** `selector: {app: a}`, `workloadSelector: {labels: {app: a}}`, `selector: {matchLabels: {app: a}}`. */
function addSelector(selector: unknown, into: Set<string>): void {
  addPairs(selector, into)
  if (typeof selector !== 'object' || selector === null) return
  for (const inner of Object.values(selector)) addPairs(inner, into)
}

function addPairs(labels: unknown, into: Set<string>): void {
  if (typeof labels !== 'object' || labels === null) return
  for (const [key, value] of Object.entries(labels)) if (typeof value === 'string') into.add(`${key}=${value}`)
}
