import { constrained, object, optional, orElse, type Shape } from '../shape/shape.ts'
import { listField, mapField, oneOf, text } from '../shape/values.ts'
import type * as rb from './type.ts'

const rule = object<rb.AccessRule>({
  services: listField(text),
  paths: listField(text),
  methods: listField(text),
  constraints: listField(object<rb.AccessRule['constraints'][number]>({ key: orElse(text, ''), values: listField(text) })),
})

const subject = object<rb.RoleSubject>({ user: orElse(text, ''), group: orElse(text, ''), properties: mapField(text) })
const roleRef = object<rb.ServiceRoleBindingSpec['roleRef']>({ kind: orElse(text, ''), name: orElse(text, '') })
const target = object<rb.RbacTarget>({ services: listField(text), namespaces: listField(text) })
const enforcement = orElse(oneOf<rb.EnforcementMode>('ENFORCED', 'PERMISSIVE'), 'ENFORCED')

export const serviceRoleShape: Shape<rb.ServiceRoleSpec> = constrained(object<rb.ServiceRoleSpec>({ rules: listField(rule) }), {
  description: 'What may be done with which services, in the manner of Istio 1.0',
})

export const serviceRoleBindingShape: Shape<rb.ServiceRoleBindingSpec> = constrained(
  object<rb.ServiceRoleBindingSpec>({
    subjects: listField(subject),
    roleRef: orElse(roleRef, Object.freeze({ kind: '', name: '' })),
    mode: enforcement,
  }),
  { description: 'Who has a ServiceRole' },
)

export const rbacConfigShape: Shape<rb.RbacConfigSpec> = constrained(
  object<rb.RbacConfigSpec>({
    mode: orElse(oneOf('OFF', 'ON', 'ON_WITH_INCLUSION', 'ON_WITH_EXCLUSION'), 'OFF'),
    inclusion: optional(target),
    exclusion: optional(target),
    enforcementMode: enforcement,
  }),
  { description: 'Where ServiceRoles are enforced' },
)
