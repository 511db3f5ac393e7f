import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

const RBAC = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC'
const JWT = 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication'
const ISSUER = 'https://issuer.example'
const CACHED_TOKENS = 1000

/** Authentication by JWT (tokens cached) and authorization, as a sidecar has them, and a token that passes. */
export interface PolicyFilters {
  readonly filters: readonly object[]
  readonly token: string
}

export function policyFilters(): PolicyFilters {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' }] })
  return { filters: [jwtFilter(jwks), rbacFilter()], token: signToken(privateKey) }
}

function jwtFilter(jwks: string): object {
  const provider = {
    issuer: ISSUER,
    local_jwks: { inline_string: jwks },
    forward: true,
    jwt_cache_config: { jwt_cache_size: CACHED_TOKENS },
  }
  return {
    name: 'envoy.filters.http.jwt_authn',
    typed_config: {
      '@type': JWT,
      providers: { bench: provider },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: 'bench' } }],
    },
  }
}

/** Ten policies; the last one lets the request pass. */
function rbacFilter(): object {
  const policies = Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => {
      const path = i === 9 ? '/' : `/admin-${i}/`
      const permission = {
        and_rules: { rules: [{ url_path: { path: { prefix: path } } }, { header: { name: ':method', string_match: { exact: 'GET' } } }] },
      }
      return [`policy-${i}`, { permissions: [permission], principals: [{ any: true }] }]
    }),
  )
  return { name: 'envoy.filters.http.rbac', typed_config: { '@type': RBAC, rules: { action: 'ALLOW', policies } } }
}

function signToken(key: KeyObject): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: ISSUER, sub: 'bench', exp: Math.floor(Date.now() / 1000) + 86_400 }
  const signed = `${part({ alg: 'RS256', kid: 'bench', typ: 'JWT' })}.${part(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}
