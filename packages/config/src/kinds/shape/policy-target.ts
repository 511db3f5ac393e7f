import type { Labels } from './networking.ts'
import { combined, object, optional, orElse, type Field, type Shape } from './shape.ts'
import { labels, list, text } from './values.ts'

/** An object that a policy is attached to, in the policy's own namespace. */
export interface TargetReference {
  /** API group; empty for the core group. */
  readonly group: string
  readonly kind: string
  readonly name: string
  /** Must stay empty: policies do not reach into other namespaces. */
  readonly namespace: string
}

export interface WorkloadSelector {
  readonly matchLabels: Labels
}

export const workloadSelector: Shape<WorkloadSelector> = object<WorkloadSelector>({ matchLabels: labels })

const targetReference: Shape<TargetReference> = object<TargetReference>({
  group: orElse(text, ''),
  kind: orElse(text, ''),
  name: orElse(text, ''),
  namespace: orElse(text, ''),
})

interface WrittenTargets {
  readonly targetRef?: TargetReference
  readonly targetRefs?: readonly TargetReference[]
}

const MOST_TARGETS = 16

/** `targetRefs` together with the older `targetRef`. */
export const targetReferences: Field<readonly TargetReference[]> = combined<WrittenTargets, readonly TargetReference[]>(
  { targetRef: optional(targetReference), targetRefs: optional(list(targetReference, { maxItems: MOST_TARGETS })) },
  ({ targetRef, targetRefs = [] }) => Object.freeze(targetRef === undefined ? [...targetRefs] : [targetRef, ...targetRefs]),
)

/** Of the three ways to choose workloads, at most one (a CEL rule of Istio's CRDs). */
export const ONE_TARGET: readonly (readonly string[])[] = [['selector', 'targetRef', 'targetRefs']]
