import { type ConfigObject, type LocatedViolation, objectKeyText, type Rejection } from '@meshwork/config/kinds'
import type { Violation } from '@meshwork/core/result'
import type { ClientStatus, SyncState } from '@meshwork/xds/server'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import type { Generated, GeneratedView } from '../push/generated-view.ts'
import { repair } from '../repair/index.ts'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { ViewFinding } from '../view/view-finding.ts'
import { gatewayAddresses } from './gateway-addresses.ts'

/**
 * - `Accepted`: valid, and no connected proxy needs to know of it.
 * - `Pending`: sent to proxies of which some have not answered yet.
 * - `Programmed`: every proxy that needs it has it.
 * - `Rejected`: validation or a proxy refused it; `sentence` is what they said. The last good version stays in force.
 */
export type ObjectState = 'Accepted' | 'Pending' | 'Programmed' | 'Rejected'

/** What became of one object of the configuration. */
export interface ObjectStatus {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly file: string
  readonly line: number
  /** Of the version that this is about, if an API server gave one. */
  readonly generation?: number
  readonly state: ObjectState
  readonly sentence: string
  /** Why validation refused the newest version of the object. */
  readonly violations: readonly LocatedViolation[]
  /** Outdated and ineffective fields, and parts that are left out because proxies would refuse them. */
  readonly warnings: readonly Violation[]
  /** Proxies that run it, of those that need to know of it. */
  readonly programmed: { readonly on: number; readonly of: number }
  /** Proxies that are not sent it yet, because clusters that it leads to cannot be used there (decision 0039). */
  readonly heldOn: number
  /** Where load balancers take connections for it; of Gateways only. */
  readonly addresses: readonly string[]
  readonly refusals: readonly ProxyRefusal[]
}

export interface ProxyRefusal {
  readonly proxy: string
  readonly type: string
  /** The proxy's own words. */
  readonly message: string
}

/** A connected proxy with what it is given. */
export interface ConnectedProxy {
  readonly client: ClientStatus
  readonly view: GeneratedView | undefined
}

/** Objects that only say what there is; nobody asks for their status. */
const PLAIN_KINDS: ReadonlySet<string> = new Set(['Endpoints', 'EndpointSlice', 'Pod', 'Node', 'Namespace', 'Secret', 'ServiceAccount'])

/** The status of every object, of refused ones too, by kind, namespace and name. */
export function objectStatuses(
  snapshot: MeshSnapshot,
  proxies: readonly ConnectedProxy[],
  problems: readonly ViewFinding[] = [],
): readonly ObjectStatus[] {
  const uses = usesOf(proxies)
  const told = [...problems, ...snapshot.virtualServices.flatMap(({ findings = [] }) => findings)]
  const addresses = gatewayAddresses(snapshot.objects)
  const rejections = new Map(snapshot.rejections.flatMap(one => (one.key === undefined ? [] : [[objectKeyText(one.key), one] as const])))
  const known = [...snapshot.objects].filter(([, { kind }]) => !PLAIN_KINDS.has(kind))
  const statuses = known.map(([key, object]) =>
    statusOf(object, {
      rejection: rejections.get(key),
      uses: uses.get(placeOf(object.origin)) ?? [],
      problems: problemsOf(object, told),
      addresses: addresses(object),
    }),
  )
  const never = [...rejections].filter(([key]) => !snapshot.objects.has(key)).map(([, rejection]) => neverAccepted(rejection))
  return [...statuses, ...never].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

/** One type of resource of one proxy that an object has a part in. */
interface Use {
  readonly proxy: string
  readonly type: string
  readonly state: SyncState | undefined
  readonly isHeld: boolean
}

/** By place of the object. */
function usesOf(proxies: readonly ConnectedProxy[]): ReadonlyMap<string, readonly Use[]> {
  const uses = new Map<string, Use[]>()
  for (const { client, view } of proxies) {
    if (view === undefined) continue
    for (const [type, typeUrl, resources] of typesOf(view)) {
      const use = { proxy: client.node.id, type, state: client.types.get(typeUrl) }
      const held = heldPlaces(resources, client.heldBack.get(typeUrl) ?? [])
      for (const place of placesOf(resources)) {
        const list = uses.get(place)
        const placed: Use = { ...use, isHeld: held.has(place) }
        if (list === undefined) uses.set(place, [placed])
        else list.push(placed)
      }
    }
  }
  return uses
}

const places = new WeakMap<readonly Generated[], ReadonlySet<string>>()

/** The objects that have a part in resources; proxies that share a view share the answer. */
function placesOf(resources: readonly Generated[]): ReadonlySet<string> {
  const known = places.get(resources) ?? new Set(resources.flatMap(({ origins }) => origins.map(placeOf)))
  places.set(resources, known)
  return known
}

const NOWHERE: ReadonlySet<string> = new Set()

/** The objects that have a part in resources which are held back. */
function heldPlaces(resources: readonly Generated[], names: readonly string[]): ReadonlySet<string> {
  if (names.length === 0) return NOWHERE
  const held = resources.filter(({ resource }) => names.includes(resource.name))
  return new Set(held.flatMap(({ origins }) => origins.map(placeOf)))
}

function typesOf(view: GeneratedView): readonly (readonly [string, string, readonly Generated[]])[] {
  return [
    ['cds', CLUSTER_TYPE, view.clusters],
    ['eds', ENDPOINT_TYPE, view.endpoints],
    ['lds', LISTENER_TYPE, view.listeners],
    ['rds', ROUTE_TYPE, view.routes],
  ]
}

function problemsOf({ origin }: ConfigObject, problems: readonly ViewFinding[]): readonly Violation[] {
  return problems.filter(problem => placeOf(problem.origin) === placeOf(origin)).map(problem => problem.violation)
}

interface Known {
  readonly rejection: Rejection | undefined
  readonly uses: readonly Use[]
  readonly problems: readonly Violation[]
  readonly addresses: readonly string[]
}

function statusOf(object: ConfigObject, { rejection, uses, problems, addresses }: Known): ObjectStatus {
  const all = new Set(uses.map(({ proxy }) => proxy))
  const behind = new Set(uses.filter(({ state, isHeld }) => isHeld || state?.kind !== 'acked').map(({ proxy }) => proxy))
  const heldOn = new Set(uses.filter(({ isHeld }) => isHeld).map(({ proxy }) => proxy)).size
  const refusals = uses.flatMap(({ proxy, type, state }) => (state?.kind === 'nacked' ? [{ proxy, type, message: state.message }] : []))
  const programmed = { on: all.size - behind.size, of: all.size }
  const { kind, meta, origin } = object
  return {
    ...{ kind, namespace: meta.namespace, name: meta.name, file: origin.file, line: origin.line },
    ...generationOf(rejection === undefined ? meta : rejection),
    ...verdict({ programmed, heldOn, addresses }, refusals, rejection),
    violations: rejection?.violations ?? [],
    warnings: [...(object.warnings ?? []), ...repair(object).findings, ...problems],
    ...{ programmed, heldOn, addresses, refusals },
  }
}

/** The status with what other replicas know from the proxies that are connected to them. */
export function withOthers(status: ObjectStatus, others: ObjectStatus['programmed'], refusals: readonly ProxyRefusal[]): ObjectStatus {
  const programmed = { on: status.programmed.on + others.on, of: status.programmed.of + others.of }
  const all = [...status.refusals, ...refusals]
  // What validation refuses is refused, whatever proxies run.
  const changed = status.violations.length > 0 ? {} : verdict({ ...status, programmed }, all, undefined)
  return { ...status, ...changed, programmed, refusals: all }
}

function verdict(
  { programmed: { on, of }, heldOn, addresses }: Pick<ObjectStatus, 'programmed' | 'heldOn' | 'addresses'>,
  refusals: readonly ProxyRefusal[],
  rejection: Rejection | undefined,
): Pick<ObjectStatus, 'state' | 'sentence'> {
  if (rejection !== undefined) return { state: 'Rejected', sentence: `${firstReason(rejection)}; the last good version stays in force` }
  const [refusal] = refusals
  if (refusal !== undefined) return { state: 'Rejected', sentence: `${refusal.proxy} says: ${refusal.message}` }
  if (of === 0) return { state: 'Accepted', sentence: 'no connected proxy needs to know of it' }
  const held = heldOn === 0 ? '' : `; held back on ${heldOn} until the clusters that it leads to can be used`
  const reached = addresses.length === 0 ? '' : `; reached at ${addresses.join(', ')}`
  return { state: on < of ? 'Pending' : 'Programmed', sentence: `programmed on ${on} of ${of} proxies${held}${reached}` }
}

function neverAccepted(rejection: Rejection): ObjectStatus {
  const { key, origin, violations } = rejection
  return {
    ...{ kind: key?.kind ?? '', namespace: key?.namespace ?? '', name: key?.name ?? '', file: origin.file, line: origin.line },
    ...generationOf(rejection),
    ...{ state: 'Rejected', sentence: firstReason(rejection), violations },
    ...{ warnings: [], programmed: { on: 0, of: 0 }, heldOn: 0, addresses: [], refusals: [] },
  }
}

function generationOf({ generation }: { readonly generation?: number }): { readonly generation?: number } {
  return generation === undefined ? {} : { generation }
}

function firstReason({ violations }: Rejection): string {
  const [first] = violations
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : ''
  return first === undefined ? 'refused' : `${first.path === '' ? '' : `${first.path}: `}${first.message}${more}`
}

function placeOf({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file}:${line}`
}

function nameOf({ kind, namespace, name }: ObjectStatus): string {
  return `${kind}/${namespace}/${name}`
}
