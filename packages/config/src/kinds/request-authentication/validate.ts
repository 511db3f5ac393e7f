import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkPolicyTarget } from '../rules/policy-target.ts'
import { isRecord } from '../shape/json-schema.ts'
import type { JwtRule, RequestAuthenticationSpec } from './type.ts'

export function validateRequestAuthentication(spec: RequestAuthenticationSpec): readonly Violation[] {
  return [...checkPolicyTarget(spec), ...spec.jwtRules.flatMap((rule, i) => checkRule(joinPath('spec.jwtRules', i), rule))]
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

function checkRule(path: string, rule: JwtRule): readonly Violation[] {
  const violations: Violation[] = []
  if (rule.jwksUri !== undefined && !isHttpUrl(rule.jwksUri)) {
    violations.push(violation(`${path}.jwksUri`, 'bad-url', `'${rule.jwksUri}' is not an absolute URL of http or https`))
  }
  const keys = rule.jwks === undefined || rule.jwks === '' ? undefined : problemOf(rule.jwks)
  if (keys !== undefined) violations.push(violation(`${path}.jwks`, 'bad-jwks', keys))
  if (rule.timeoutMs <= 0) violations.push(violation(`${path}.timeout`, 'bad-duration', 'must be longer than 0'))
  if (rule.outputPayloadToHeader !== '' && !TOKEN.test(rule.outputPayloadToHeader)) {
    violations.push(violation(`${path}.outputPayloadToHeader`, 'bad-header', 'is not a header name'))
  }
  rule.fromHeaders.forEach(({ name }, i) => {
    if (!TOKEN.test(name))
      violations.push(violation(`${joinPath(`${path}.fromHeaders`, i)}.name`, 'bad-header', `'${name}' is not a header name`))
  })
  return violations
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.host !== ''
}

/** A set of keys, or a single key, as JSON. What is in the keys is for those who verify. */
function problemOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value) && (Array.isArray(value['keys']) || typeof value['kty'] === 'string')) return undefined
    return "is no key set: it has neither 'keys' nor 'kty'"
  } catch {
    return 'is not JSON'
  }
}
