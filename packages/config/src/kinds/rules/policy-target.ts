import { joinPath, violation, type Violation } from '@meshwork/core/result'
import type { TargetReference, WorkloadSelector } from '../shape/policy-target.ts'
import { checkSelector } from './naming.ts'

/** What a policy may be attached to: `group/kind`. */
const TARGET_KINDS: ReadonlySet<string> = new Set([
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
  '/Service',
  'networking.istio.io/ServiceEntry',
])

const WAYPOINT_KINDS: ReadonlySet<string> = new Set(['Service', 'ServiceEntry'])

interface Targeted {
  readonly selector?: WorkloadSelector
  readonly targetRefs: readonly TargetReference[]
}

/** The workloads that a policy is for: labels without wildcards, or references to objects of the same namespace. */
export function checkPolicyTarget(spec: Targeted): readonly Violation[] {
  return [
    ...checkSelector('spec.selector.matchLabels', spec.selector?.matchLabels),
    ...spec.targetRefs.flatMap((target, i) => checkReference(joinPath('spec.targetRefs', i), target)),
  ]
}

/**
 * References that no proxy of this mesh answers to: Istio honours those to a Service or a ServiceEntry at its waypoints, and sidecars
 * pass the whole object over.
 */
export function warnPolicyTarget({ targetRefs }: Pick<Targeted, 'targetRefs'>): readonly Violation[] {
  return targetRefs.flatMap(({ kind }, i) =>
    WAYPOINT_KINDS.has(kind)
      ? [
          violation(
            joinPath('spec.targetRefs', i),
            'no-effect',
            `a reference to a ${kind} is for waypoints only, which are none here: no proxy follows it`,
            'use spec.selector with the labels of its workloads',
          ),
        ]
      : [],
  )
}

function checkReference(path: string, { group, kind, name, namespace }: TargetReference): readonly Violation[] {
  const violations: Violation[] = []
  if (kind === '') violations.push(violation(`${path}.kind`, 'required', 'must not be empty'))
  if (name === '') violations.push(violation(`${path}.name`, 'required', 'must not be empty'))
  if (namespace !== '')
    violations.push(violation(`${path}.namespace`, 'bad-target', 'must not be set: a policy stays in its own namespace'))
  if (kind !== '' && !TARGET_KINDS.has(`${group}/${kind}`))
    violations.push(violation(path, 'bad-target', `a policy cannot be attached to ${kind} of group '${group}'`))
  return violations
}
