import type { JwtRule, ObjectOf } from '@meshwork/config/kinds'
import { joinPath, type Violation, violation } from '@meshwork/core/result'
import { NOBODYS_KEYS } from '../translate/security/token-keys.ts'
import { usableKeys } from './usable-keys.ts'
import type { Repaired } from './repair.ts'

/** A RequestAuthentication whose inline keys are those that verifiers can use; where none is left, keys that nobody has. */
export function repairRequestAuthentication(object: ObjectOf<'RequestAuthentication'>): Repaired<ObjectOf<'RequestAuthentication'>> {
  const findings: Violation[] = []
  const jwtRules = object.spec.jwtRules.map((rule, i) => repairRule(rule, `${joinPath('spec.jwtRules', i)}.jwks`, findings))
  return { object: { ...object, spec: { ...object.spec, jwtRules } }, findings }
}

function repairRule(rule: JwtRule, path: string, findings: Violation[]): JwtRule {
  if (rule.jwks === undefined || rule.jwks === '') return rule
  const keys = usableKeys(rule.jwks)
  if (keys.kind === 'err') {
    findings.push(violation(path, 'no-keys', `${keys.error}: all tokens of this issuer are refused`, 'write the public keys of the issuer'))
    return { ...rule, jwks: NOBODYS_KEYS }
  }
  if (keys.value.leftOut > 0) {
    const count = keys.value.leftOut === 1 ? 'one key' : `${keys.value.leftOut} keys`
    findings.push(violation(path, 'left-out', `${count} left out: no verifier can use ${keys.value.leftOut === 1 ? 'it' : 'them'}`))
  }
  return { ...rule, jwks: keys.value.text }
}
