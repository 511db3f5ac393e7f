import type { AddedFilter, Origin, PatchMatch, PatchOperation } from '@meshwork/config/kinds'
import type { PatchedPlace, PatchedTypes } from './patch-types.ts'

/** Where filters of Istio 1.0 go, beyond what today's matches can say. */
export interface LegacyPlace {
  readonly listener: AddedFilter['listenerMatch']
  readonly position: AddedFilter['insertPosition']
}

/** One patch, its value read. */
export interface CompiledPatch<P extends PatchedPlace = PatchedPlace> {
  readonly place: P
  readonly operation: PatchOperation
  readonly match: PatchMatch
  /** null: the operation needs none. */
  readonly value: PatchedTypes[P] | null
  readonly legacy: LegacyPlace | null
  readonly origin: Origin
  /** `EnvoyFilter default/name spec.configPatches[0]`, for people. */
  readonly label: string
  /** `spec.configPatches[0]` */
  readonly path: string
  /** Parts of the value that mean nothing here, with paths from the root of the object. */
  readonly ignored: readonly IgnoredPart[]
}

export interface IgnoredPart {
  readonly path: string
  readonly message: string
}

/** A patch that could not be used, or a part of one, and what its owner is told. */
export interface PatchProblem {
  readonly origin: Origin
  readonly label: string
  /** From the root of the object. */
  readonly path: string
  readonly message: string
}

export interface CompiledObject {
  readonly patches: readonly CompiledPatch[]
  readonly problems: readonly PatchProblem[]
}

/** The patches of one place, in order. */
export function patchesOf<P extends PatchedPlace>(patches: readonly CompiledPatch[], place: P): readonly CompiledPatch<P>[] {
  return patches.filter((patch): patch is CompiledPatch<P> => patch.place === place)
}
