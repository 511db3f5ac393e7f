import { Principal } from '@meshwork/protos/envoy/config/rbac/v3/rbac'
import type { MetadataMatcher } from '@meshwork/protos/envoy/type/matcher/v3/metadata'
import type { StringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'
import { cidrRange } from '../envoy/cidr.ts'
import { PRINCIPALS } from './algebra.ts'
import { claimMatcher } from './token-metadata.ts'
import { escapeRegex, regexMatcher, segmentRegex, valueMatcher, valuePattern } from './value-pattern.ts'

const SCHEME = 'spiffe://'

/** The peer's certificate names this identity (SPIFFE, without scheme); of no certificate that is ever true. */
export function peerNamed(value: string, trustDomains: readonly string[]): Principal {
  return PRINCIPALS.some(withAliases(value, trustDomains).map(name => authenticated(valueMatcher(name, SCHEME))))
}

/**
 * An identity of one of the mesh's trust domains counts in all of them. `cluster.local` is written for the mesh's own, whatever
 * its name. Only whole identities: a pattern of another form says itself what it covers.
 */
function withAliases(value: string, trustDomains: readonly string[]): readonly string[] {
  const [domain = '', ...rest] = value.split('/')
  if (rest.length !== 4 || !isOwn(domain, trustDomains)) return [value]
  return trustDomains.map(alias => [alias, ...rest].join('/'))
}

function isOwn(domain: string, trustDomains: readonly string[]): boolean {
  return domain === 'cluster.local' || trustDomains.includes(domain)
}

export function peerInNamespace(value: string): Principal {
  return authenticated(regexMatcher(`.*/ns/${segmentRegex(value)}/.*`))
}

/** `account` of the policy's own namespace, or `namespace/account`. */
export function peerAccount(value: string, ownNamespace: string): Principal {
  const [namespace, account] = value.includes('/') ? value.split('/', 2) : [ownNamespace, value]
  const inside = `ns/${escapeRegex(namespace ?? '')}/(?:.+/)?sa/${escapeRegex(account ?? '')}`
  return authenticated(regexMatcher(`spiffe://.+/${inside}(?:/.+)?`))
}

export function peerInTrustDomain(value: string, trustDomains: readonly string[]): Principal {
  const names = isOwn(value, trustDomains) ? trustDomains : [value]
  return PRINCIPALS.some(names.map(name => authenticated(trustDomainMatcher(name))))
}

/** A whole name needs no expression, whose size Envoy bounds. */
function trustDomainMatcher(value: string): StringMatcher {
  return valuePattern(value).kind === 'exact' ? valueMatcher(`${value}/*`, SCHEME) : regexMatcher(`spiffe://${segmentRegex(value)}/.*`)
}

function authenticated(principalName: StringMatcher): Principal {
  return Principal.fromPartial({ identifier: { $case: 'authenticated', value: { principalName } } })
}

export function directAddress(value: string): Principal {
  return Principal.fromPartial({ identifier: { $case: 'directRemoteIp', value: cidrRange(value) } })
}

export function remoteAddress(value: string): Principal {
  return Principal.fromPartial({ identifier: { $case: 'remoteIp', value: cidrRange(value) } })
}

/**
 * `issuer/subject`. The last slash divides, because issuers are URLs; a pattern with none behind `https://` is about the issuer
 * alone, or at the other end about the subject alone.
 */
export function tokenPrincipal(value: string): Principal {
  const pattern = valuePattern(value)
  if (pattern.kind === 'present') return issuerAndSubject('*', '*')
  const slash = value.lastIndexOf('/')
  if (slash < 0 || (pattern.kind === 'prefix' && /^[a-z]+:\/\/[^/]*$/.test(pattern.text))) {
    return pattern.kind === 'suffix' ? issuerAndSubject('*', value) : issuerAndSubject(value, '*')
  }
  return issuerAndSubject(value.slice(0, slash), value.slice(slash + 1))
}

function issuerAndSubject(issuer: string, subject: string): Principal {
  return PRINCIPALS.all([tokenClaim(['iss'], issuer), tokenClaim(['sub'], subject)])
}

/** A claim of the verified token, or an entry of it if it is a list. */
export function tokenClaim(path: readonly string[], value: string): Principal {
  return metadata(claimMatcher(path, valueMatcher(value)))
}

function metadata(value: MetadataMatcher): Principal {
  return Principal.fromPartial({ identifier: { $case: 'metadata', value } })
}

/** Each line of a repeated header counts. `*`: the header is there, be it empty. */
export function requestHeader(name: string, value: string): Principal {
  const match = valuePattern(value).kind === 'present' ? undefined : valueMatcher(value)
  return Principal.fromPartial({
    identifier: {
      $case: 'header',
      value: {
        name,
        headerMatchSpecifier: match === undefined ? { $case: 'presentMatch', value: true } : { $case: 'stringMatch', value: match },
      },
    },
  })
}
