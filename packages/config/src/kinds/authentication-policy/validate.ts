import { joinPath, violation, type Violation } from '@meshwork/core/result'
import type { ObjectMeta } from '../object.ts'
import { isDnsLabel } from '../rules/hostname.ts'
import { checkPort } from '../rules/network.ts'
import type { AuthenticationPolicySpec, AuthenticationTarget, OldJwt } from './type.ts'

const DEFAULT_NAME = 'default'

/** A policy without targets is that of its namespace, of which there is one (traffic.md 1.6). */
export function validatePolicy(spec: AuthenticationPolicySpec, { name }: ObjectMeta): readonly Violation[] {
  const forAll = spec.targets.length === 0
  const misnamed = forAll === (name === DEFAULT_NAME) ? [] : [misname(forAll)]
  return [...misnamed, ...spec.targets.flatMap((target, i) => validateTarget(joinPath('spec.targets', i), target)), ...validateJwts(spec)]
}

export function validateMeshPolicy(spec: AuthenticationPolicySpec, { name }: ObjectMeta): readonly Violation[] {
  return [
    ...(name === DEFAULT_NAME ? [] : [misname(true)]),
    ...(spec.targets.length === 0 ? [] : [violation('spec.targets', 'no-targets', 'must be empty: it is for the whole mesh')]),
    ...validateJwts(spec),
  ]
}

function misname(forAll: boolean): Violation {
  const rule = forAll ? `a policy without targets must be named '${DEFAULT_NAME}'` : `a policy with targets must not be '${DEFAULT_NAME}'`
  return violation('metadata.name', 'bad-name', rule)
}

function validateTarget(path: string, { name, ports }: AuthenticationTarget): readonly Violation[] {
  const misnamed = isDnsLabel(name) ? [] : [violation(`${path}.name`, 'bad-host', `'${name}' is not the short name of a service`)]
  const wrong = ports.flatMap((port, i) => {
    const place = joinPath(`${path}.ports`, i)
    if (port.number !== undefined) return checkPort(`${place}.number`, port.number)
    return isDnsLabel(port.name ?? '') ? [] : [violation(place, 'bad-port', 'must have the number or the name of a port')]
  })
  return [...misnamed, ...wrong]
}

function validateJwts({ peers, origins }: AuthenticationPolicySpec): readonly Violation[] {
  const methods = [
    ...peers.map(({ jwt }, i) => ({ path: `spec.peers[${i}].jwt`, jwt })),
    ...origins.map(({ jwt }, i) => ({ path: `spec.origins[${i}].jwt`, jwt })),
  ]
  const seen = new Set<string>()
  return methods.flatMap(({ path, jwt }) => {
    if (jwt === undefined) return []
    const twice = seen.has(jwt.issuer) ? [violation(`${path}.issuer`, 'duplicate', `'${jwt.issuer}' is the issuer of another method`)] : []
    seen.add(jwt.issuer)
    return [...twice, ...validateJwt(path, jwt)]
  })
}

function validateJwt(path: string, jwt: OldJwt): readonly Violation[] {
  const violations: Violation[] = []
  if (jwt.issuer === '') violations.push(violation(`${path}.issuer`, 'required', 'must not be empty'))
  if (jwt.jwksUri !== '' && !['http:', 'https:'].includes(URL.parse(jwt.jwksUri)?.protocol ?? ''))
    violations.push(violation(`${path}.jwksUri`, 'bad-url', `'${jwt.jwksUri}' is not a URL of http or https`))
  for (const list of ['audiences', 'jwtHeaders', 'jwtParams'] as const) {
    const empty = jwt[list].indexOf('')
    if (empty >= 0) violations.push(violation(joinPath(`${path}.${list}`, empty), 'empty', 'must not be empty'))
  }
  return violations
}
