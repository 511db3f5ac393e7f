import type { RouteAction_HashPolicy, RouteAction_HashPolicy_Cookie } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { HashPolicy } from '../model/hash-policy.ts'
import type { Report } from './report.ts'
import { decodeRegexRewrite } from './rewrites.ts'
import { durationMs, required } from './scalars.ts'

/** `RouteAction.hash_policy`. */
export function decodeHashPolicies(policies: readonly RouteAction_HashPolicy[], report: Report): readonly HashPolicy[] {
  return policies.flatMap((policy, i) => decodeHashPolicy(policy, report.at(i)) ?? [])
}

function decodeHashPolicy({ policySpecifier: specifier, terminal }: RouteAction_HashPolicy, report: Report): HashPolicy | null {
  switch (specifier?.$case) {
    case 'header': {
      const inner = report.at('header')
      const { headerName, regexRewrite } = specifier.value
      const rewrite = regexRewrite === undefined ? null : decodeRegexRewrite(regexRewrite, inner.at('regex_rewrite'))
      return { kind: 'header', terminal, name: required(headerName, inner.at('header_name')).toLowerCase(), rewrite }
    }
    case 'cookie':
      return { ...decodeCookie(specifier.value, report.at('cookie')), terminal }
    case 'connectionProperties':
      // Without the one property that exists there is nothing to hash.
      return specifier.value.sourceIp ? { kind: 'source-ip', terminal } : null
    case 'queryParameter':
      return { kind: 'query-parameter', terminal, name: required(specifier.value.name, report.at('query_parameter', 'name')) }
    default:
      report.refuse('unsupported-policy', specifier === undefined ? 'must say what to hash' : `'${specifier.$case}' is not supported`)
      return null
  }
}

function decodeCookie(
  { name, ttl, path, attributes }: RouteAction_HashPolicy_Cookie,
  report: Report,
): Omit<Extract<HashPolicy, { kind: 'cookie' }>, 'terminal'> {
  const parts = attributes.map(attribute => (attribute.value === '' ? `; ${attribute.name}` : `; ${attribute.name}=${attribute.value}`))
  for (const [field, text] of [
    ['name', name],
    ['path', path],
    ['attributes', attributes.map(each => each.name + each.value).join('')],
  ] as const) {
    // oxlint-disable-next-line no-control-regex -- these would end the cookie or the line
    if (/[\0-\x1f\x7f;]/.test(text)) report.at(field).refuse('bad-cookie', 'must not contain semicolons or control characters')
  }
  return {
    kind: 'cookie',
    name: required(name, report.at('name')),
    ttlMs: ttl === undefined ? null : durationMs(ttl, 0, report.at('ttl')),
    path,
    attributes: parts.join(''),
  }
}
