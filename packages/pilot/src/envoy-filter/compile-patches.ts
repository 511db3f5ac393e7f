import type { ConfigPatch, ObjectOf, Patch, PatchMatch, PatchOperation } from '@meshwork/config/kinds'
import type { MessageType } from '@meshwork/protos/any'
import { compileLegacyFilter } from './legacy-filters.ts'
import type { CompiledObject, CompiledPatch, PatchProblem } from './compiled-patch.ts'
import { PATCHED_TYPES, type PatchedPlace, type PatchedTypes } from './patch-types.ts'
import { ignoredParts, readMessage } from './read-message.ts'

type EnvoyFilter = ObjectOf<'EnvoyFilter'>

const NAMED: ReadonlySet<PatchedPlace> = new Set(['NETWORK_FILTER', 'HTTP_FILTER', 'LISTENER_FILTER', 'CLUSTER'])

const compiled = new WeakMap<EnvoyFilter, CompiledObject>()

/**
 * The patches of an object, read once for each version of it. A patch that cannot be read is a problem, and so is a field that its
 * message does not have; the others stand.
 */
export function compilePatches(object: EnvoyFilter): CompiledObject {
  let known = compiled.get(object)
  if (known === undefined) {
    known = compile(object)
    compiled.set(object, known)
  }
  return known
}

function compile(object: EnvoyFilter): CompiledObject {
  const patches: CompiledPatch[] = []
  const problems: PatchProblem[] = []
  const { meta, spec, origin } = object
  const note = (result: CompiledPatch | string, path: string): void => {
    const label = `EnvoyFilter ${meta.namespace}/${meta.name} ${path}`
    if (typeof result === 'string') problems.push({ origin, label, path, message: result })
    else {
      patches.push(result)
      problems.push(...result.ignored.map(part => ({ origin, label, ...part })))
    }
  }
  for (const [i, patch] of spec.configPatches.entries())
    note(compilePatch(object, patch, `spec.configPatches[${i}]`), `spec.configPatches[${i}]`)
  for (const [i, filter] of spec.filters.entries()) note(compileLegacyFilter(object, filter, i), `spec.filters[${i}]`)
  return { patches, problems }
}

function compilePatch(object: EnvoyFilter, { applyTo, match, patch }: ConfigPatch, path: string): CompiledPatch | string {
  if (patch === undefined || !isPatchedPlace(applyTo)) return `patches of ${applyTo} are not supported`
  if (match.context === 'WAYPOINT') return 'this mesh has no waypoints'
  if (patch.operation === 'REMOVE') return compiledPatch(object, applyTo, match, patch.operation, null, path)
  return readPatch(object, applyTo, match, patch, path)
}

function readPatch<P extends PatchedPlace>(
  object: EnvoyFilter,
  place: P,
  match: PatchMatch,
  patch: Patch,
  path: string,
): CompiledPatch | string {
  const type: MessageType<PatchedTypes[P]> = PATCHED_TYPES[place]
  const value = readMessage(type, patch.value ?? {})
  if (value.kind === 'err') return `${path}.patch.value: ${value.error}`
  const { message, ignored } = value.value
  // What is merged is found by its match. Proxies refuse a whole listener for one filter without a name.
  if (NAMED.has(place) && patch.operation !== 'MERGE' && !('name' in message && message.name !== ''))
    return `${path}.patch.value has no name`
  return { ...compiledPatch(object, place, match, patch.operation, message, path), ignored: ignoredParts(`${path}.patch.value`, ignored) }
}

function compiledPatch<P extends PatchedPlace>(
  { origin, meta }: EnvoyFilter,
  place: P,
  match: PatchMatch,
  operation: PatchOperation,
  value: PatchedTypes[P] | null,
  path: string,
): CompiledPatch<P> {
  const label = `EnvoyFilter ${meta.namespace}/${meta.name} ${path}`
  return { place, operation, match, value, legacy: null, origin, label, path, ignored: [] }
}

function isPatchedPlace(place: string): place is PatchedPlace {
  return place in PATCHED_TYPES
}
