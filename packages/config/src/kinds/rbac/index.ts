import { defineKind, type KindDefinition } from '../definition.ts'
import { rbacConfigShape, serviceRoleBindingShape, serviceRoleShape } from './schema.ts'
import { validateRbacConfig, validateServiceRole, validateServiceRoleBinding } from './validate.ts'

const place = { apiVersions: ['rbac.istio.io/v1alpha1'], scope: 'Namespaced', body: 'spec' } as const

export const rbacKinds: readonly KindDefinition[] = [
  defineKind({ ...place, kind: 'ServiceRole', plural: 'serviceroles', shape: serviceRoleShape, validate: validateServiceRole }),
  defineKind({
    ...place,
    kind: 'ServiceRoleBinding',
    plural: 'servicerolebindings',
    shape: serviceRoleBindingShape,
    validate: validateServiceRoleBinding,
  }),
  // Cluster, as its code had it; the chart of Istio 1.0 said otherwise (traffic.md 10, quirk 34).
  defineKind({
    ...place,
    kind: 'RbacConfig',
    plural: 'rbacconfigs',
    scope: 'Cluster',
    shape: rbacConfigShape,
    validate: validateRbacConfig,
  }),
]
