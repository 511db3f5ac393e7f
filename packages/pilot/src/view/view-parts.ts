import type { PatchContext } from '@meshwork/config/kinds'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { outboundIdentity } from './outbound-identity.ts'
import { type ViewIdentity, viewKeyOf } from './view-identity.ts'
import { planInbound, planOutbound, type ViewPlan } from './view-plan.ts'

/** A piece of a view that several views may have in common. */
export interface ViewPart {
  /** Equal keys mean equal parts. */
  readonly key: string
  readonly identity: ViewIdentity
  /** Which EnvoyFilter patches concern it. */
  readonly context: PatchContext
  readonly plan: (identity: ViewIdentity, snapshot: MeshSnapshot) => ViewPlan
}

/** The pieces of a view: of a sidecar what leads away from it, which its namespace shares, and what is its own. */
export function viewParts(identity: ViewIdentity, snapshot: MeshSnapshot): readonly ViewPart[] {
  const shared = outboundIdentity(identity, snapshot)
  const outbound = { key: `out ${viewKeyOf(shared)}`, identity: shared, plan: planOutbound }
  // A program serves its own port, and asks for nothing about that.
  if (identity.generator === 'grpc') return [{ ...outbound, context: 'SIDECAR_OUTBOUND' }]
  if (identity.kind !== 'sidecar') return [{ ...outbound, context: 'GATEWAY' }]
  return [
    { ...outbound, context: 'SIDECAR_OUTBOUND' },
    { key: `in ${viewKeyOf(identity)}`, identity, context: 'SIDECAR_INBOUND', plan: planInbound },
  ]
}
