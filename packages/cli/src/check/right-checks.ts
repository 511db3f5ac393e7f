import type { Check } from './check.ts'

/** A right that `meshctl install` needs. `namespaced`: in the namespace of the mesh. */
export interface NeededRight {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly isNamespaced: boolean
}

function needed(isNamespaced: boolean, group: string, ...resources: readonly string[]): readonly NeededRight[] {
  return resources.map(resource => ({ verb: 'create', group, resource, isNamespaced }))
}

export const NEEDED_RIGHTS: readonly NeededRight[] = [
  ...needed(false, '', 'namespaces'),
  ...needed(true, '', 'serviceaccounts', 'configmaps', 'secrets', 'services'),
  ...needed(true, 'apps', 'deployments'),
  ...needed(true, 'policy', 'poddisruptionbudgets'),
  ...needed(true, 'autoscaling', 'horizontalpodautoscalers'),
  ...needed(true, 'coordination.k8s.io', 'leases'),
  ...needed(true, 'rbac.authorization.k8s.io', 'roles', 'rolebindings'),
  ...needed(false, 'rbac.authorization.k8s.io', 'clusterroles', 'clusterrolebindings'),
  ...needed(false, 'apiextensions.k8s.io', 'customresourcedefinitions'),
  ...needed(false, 'admissionregistration.k8s.io', 'mutatingwebhookconfigurations', 'validatingwebhookconfigurations'),
  { verb: 'patch', group: 'apps', resource: 'deployments', isNamespaced: true },
  { verb: 'list', group: '', resource: 'pods', isNamespaced: false },
]

export function rightText({ verb, resource }: NeededRight): string {
  return `${verb} ${resource}`
}

export const RIGHT_CHECKS: readonly Check[] = NEEDED_RIGHTS.map((right, index): Check => {
  const what = `${right.verb} ${right.resource}${right.group === '' ? '' : `.${right.group}`}`
  return {
    name: `can-${right.verb}-${right.resource}`,
    group: 'rights',
    code: `MC03${String(index + 1).padStart(2, '0')}`,
    phase: 'pre',
    level: 'error',
    title: `this account may ${what}${right.isNamespaced ? ' in the namespace of the mesh' : ''}`,
    reason: 'the installation would stop halfway',
    remedy: `ask for the right, or for cluster-admin: kubectl auth can-i ${right.verb} ${right.resource}`,
    needs: [],
    run: ({ rights, namespace }) =>
      rights.get(rightText(right)) === true ? [] : [`no right to ${what}${right.isNamespaced ? ` in namespace ${namespace}` : ''}`],
  }
})
