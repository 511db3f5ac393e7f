import { joinPath, violation, type Violation } from '@meshwork/core/result'
import type { ObjectMeta } from '../object.ts'
import type { AccessRule, RbacConfigSpec, ServiceRoleBindingSpec, ServiceRoleSpec } from './type.ts'

const EMPTY = 'must have at least one entry'

export function validateServiceRole({ rules }: ServiceRoleSpec): readonly Violation[] {
  if (rules.length === 0) return [violation('spec.rules', 'empty', EMPTY)]
  return rules.flatMap((rule, i) => validateRule(joinPath('spec.rules', i), rule))
}

function validateRule(path: string, { services, methods, constraints }: AccessRule): readonly Violation[] {
  return [
    ...(services.length === 0 ? [violation(`${path}.services`, 'empty', EMPTY)] : []),
    ...(methods.length === 0 ? [violation(`${path}.methods`, 'empty', EMPTY)] : []),
    ...constraints.flatMap(({ key, values }, i) => {
      const place = joinPath(`${path}.constraints`, i)
      const nameless = key === '' ? [violation(`${place}.key`, 'required', 'must not be empty')] : []
      return values.length === 0 ? [...nameless, violation(`${place}.values`, 'empty', EMPTY)] : nameless
    }),
  ]
}

export function validateServiceRoleBinding({ subjects, roleRef }: ServiceRoleBindingSpec): readonly Violation[] {
  const violations: Violation[] = []
  if (subjects.length === 0) violations.push(violation('spec.subjects', 'empty', EMPTY))
  subjects.forEach(({ user, group, properties }, i) => {
    if (user !== '' || group !== '' || Object.keys(properties).length > 0) return
    violations.push(violation(joinPath('spec.subjects', i), 'required', 'must have user, group or properties'))
  })
  if (roleRef.kind !== 'ServiceRole') violations.push(violation('spec.roleRef.kind', 'bad-kind', "must be 'ServiceRole'"))
  if (roleRef.name === '') violations.push(violation('spec.roleRef.name', 'required', 'must not be empty'))
  return violations
}

export function validateRbacConfig({ mode, inclusion, exclusion }: RbacConfigSpec, { name }: ObjectMeta): readonly Violation[] {
  const violations: Violation[] = []
  if (name !== 'default') violations.push(violation('metadata.name', 'bad-name', "must be 'default'"))
  const missing = (mode === 'ON_WITH_INCLUSION' && !inclusion && 'inclusion') || (mode === 'ON_WITH_EXCLUSION' && !exclusion && 'exclusion')
  if (missing) violations.push(violation(`spec.${missing}`, 'missing-field', `is required with ${mode}`))
  return violations
}
