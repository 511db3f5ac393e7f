import type { ConfigPatch, ObjectOf, Patch, PatchMatch, PatchOperation } from '@meshwork/config/kinds'
import type { MessageType } from '@meshwork/protos/any'
import { compileLegacyFilter } from './legacy-filters.ts'
import type { CompiledObject, CompiledPatch, PatchProblem } from './compiled-patch.ts'
import { PATCHED_TYPES, type PatchedPlace, type PatchedTypes } from './patch-types.ts'
import { readMessage } from './read-message.ts'

type EnvoyFilter = ObjectOf<'EnvoyFilter'>

const compiled = new WeakMap<EnvoyFilter, CompiledObject>()

/** The patches of an object, read once for each version of it. A patch that cannot be read is a problem; the others stand. */
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
    else patches.push(result)
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
  return compiledPatch(object, place, match, patch.operation, value.value, path)
}

function compiledPatch<P extends PatchedPlace>(
  { origin, meta }: EnvoyFilter,
  place: P,
  match: PatchMatch,
  operation: PatchOperation,
  value: PatchedTypes[P] | null,
  path: string,
): CompiledPatch<P> {
  return { place, operation, match, value, legacy: null, origin, label: `EnvoyFilter ${meta.namespace}/${meta.name} ${path}`, path }
}

function isPatchedPlace(place: string): place is PatchedPlace {
  return place in PATCHED_TYPES
}
