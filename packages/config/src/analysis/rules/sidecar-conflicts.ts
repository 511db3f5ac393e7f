import type { ObjectOf } from '../../kinds/index.ts'
import { selects } from '../../registry/index.ts'
import type { Draft, Rule } from '../finding.ts'

/** A workload has one Sidecar; which one of several applies is undefined. */
export const conflictingSidecarSelectors: Rule = {
  code: 'IST0110',
  name: 'ConflictingSidecarWorkloadSelectors',
  severity: 'error',
  summary: 'two Sidecars select the same workload',
  check: context => {
    const pods = context.of('Pod')
    const sidecars = context.of('Sidecar').filter(hasSelector)
    return sidecars.flatMap(sidecar => {
      const { namespace } = sidecar.meta
      const selected = (other: ObjectOf<'Sidecar'>): readonly ObjectOf<'Pod'>[] =>
        pods.filter(pod => pod.meta.namespace === namespace && selects(other.spec.workloadSelector?.labels ?? {}, pod.meta.labels))
      const mine = selected(sidecar)
      return sidecars
        .filter(other => other !== sidecar && other.meta.namespace === namespace)
        .flatMap(other => {
          const shared = selected(other).find(pod => mine.includes(pod))
          return shared === undefined ? [] : [conflict(sidecar, other, `the pod ${shared.meta.name} is selected by`)]
        })
    })
  },
}

export const multipleSidecarsWithoutSelector: Rule = {
  code: 'IST0111',
  name: 'MultipleSidecarsWithoutWorkloadSelectors',
  severity: 'error',
  summary: 'a namespace has several Sidecars without a selector',
  check: context => {
    const sidecars = context.of('Sidecar').filter(sidecar => !hasSelector(sidecar))
    return sidecars.flatMap(sidecar => {
      const other = sidecars.find(one => one !== sidecar && one.meta.namespace === sidecar.meta.namespace)
      return other === undefined
        ? []
        : [conflict(sidecar, other, `the namespace ${sidecar.meta.namespace} has another Sidecar for all workloads:`)]
    })
  },
}

function hasSelector({ spec }: ObjectOf<'Sidecar'>): boolean {
  return Object.keys(spec.workloadSelector?.labels ?? {}).length > 0
}

function conflict(object: ObjectOf<'Sidecar'>, other: ObjectOf<'Sidecar'>, message: string): Draft {
  return {
    object,
    path: 'spec.workloadSelector',
    message: `${message} ${other.meta.name}`,
    remedy: 'merge the two, or select other labels',
  }
}
