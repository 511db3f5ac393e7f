import {
  JwtAuthentication,
  type JwtProvider,
  type JwtRequirement,
  PerRouteConfig,
  type RemoteJwks,
} from '@meshwork/protos/envoy/extensions/filters/http/jwt_authn/v3/config'
import { inlineText } from '../../decode/data-source.ts'
import { codecFor } from '../../decode/define-codec.ts'
import { refuseOtherFields } from '../../decode/field-policy.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { Report } from '../../decode/report.ts'
import { decodeRouteMatch } from '../../decode/route-match.ts'
import { durationMs, required } from '../../decode/scalars.ts'
import { decodeStringMatch } from '../../decode/string-match.ts'
import { FILTER_DISABLED } from '../filter.ts'
import { compileRuleMatch } from './compile-rule-match.ts'
import { jwtAuthnBlueprint, type JwtAuthnFields, JwtRouteSettings } from './filter.ts'
import { KeySet } from './key-set.ts'
import type { ProviderConfig, Requirement, TokenHeader } from './provider.ts'

const PREFIX = 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.'

export const jwtAuthnCodec: HttpFilterCodec = {
  typeUrl: `${PREFIX}JwtAuthentication`,
  decode: codecFor(
    JwtAuthentication,
    { read: ['providers', 'rules', 'bypassCorsPreflight', 'requirementMap', 'stripFailureResponse'], harmless: [] },
    (message, report) => jwtAuthnBlueprint(readAuthentication(message, report)),
  ),
  perRoute: {
    typeUrl: `${PREFIX}PerRouteConfig`,
    decode: codecFor(
      PerRouteConfig,
      { read: ['requirementSpecifier'], harmless: [] },
      ({ requirementSpecifier: kind }, report): unknown => {
        if (kind?.$case === 'requirementName') return new JwtRouteSettings(required(kind.value, report.at('requirement_name')))
        if (kind?.value !== true) report.refuse('required', 'must disable the filter or name a requirement')
        return FILTER_DISABLED
      },
    ),
  },
}

function readAuthentication(message: JwtAuthentication, report: Report): JwtAuthnFields {
  const names = new Set(Object.keys(message.providers))
  const requirements = new Map(
    Object.entries(message.requirementMap).map(([name, requirement]) => [
      name,
      readRequirement(requirement, names, report.at(`requirement_map["${name}"]`), 0),
    ]),
  )
  const rules = message.rules.map(({ match, requirementType: type }, i) => {
    const at = report.at('rules', i)
    return {
      matches: compileRuleMatch(decodeRouteMatch(match, at.at('match'))),
      requirement: ruleRequirement(type, names, requirements, at),
    }
  })
  return {
    providers: Object.entries(message.providers).map(([name, provider]) => readProvider(name, provider, report.at(`providers["${name}"]`))),
    rules,
    requirements,
    bypassesPreflight: message.bypassCorsPreflight,
    stripsFailures: message.stripFailureResponse,
  }
}

function ruleRequirement(
  type: JwtAuthentication['rules'][number]['requirementType'],
  names: ReadonlySet<string>,
  requirements: ReadonlyMap<string, Requirement>,
  report: Report,
): Requirement {
  if (type === undefined) return { kind: 'none' }
  if (type.$case === 'requires') return readRequirement(type.value, names, report.at('requires'), 0)
  const named = requirements.get(type.value)
  if (named === undefined) report.at('requirement_name').refuse('unknown-reference', `'${type.value}' is not in requirement_map`)
  return named ?? { kind: 'none' }
}

const MAX_DEPTH = 16

function readRequirement({ requiresType: type }: JwtRequirement, names: ReadonlySet<string>, report: Report, depth: number): Requirement {
  if (depth > MAX_DEPTH) report.refuse('too-deep', `has more than ${MAX_DEPTH} levels`)
  switch (depth > MAX_DEPTH ? undefined : type?.$case) {
    case 'allowMissing':
      return { kind: 'allow-missing' }
    case 'allowMissingOrFailed':
      return { kind: 'allow-missing-or-failed' }
    default:
      return readNamed(type, names, report, depth)
  }
}

function readNamed(type: JwtRequirement['requiresType'], names: ReadonlySet<string>, report: Report, depth: number): Requirement {
  switch (type?.$case) {
    case 'providerName':
      return providerNamed(type.value, null, names, report.at('provider_name'))
    case 'providerAndAudiences': {
      const { providerName, audiences } = type.value
      return providerNamed(providerName, audiences, names, report.at('provider_and_audiences', 'provider_name'))
    }
    case 'requiresAny':
    case 'requiresAll': {
      const any = type.$case === 'requiresAny'
      const at = report.at(any ? 'requires_any' : 'requires_all', 'requirements')
      return {
        kind: any ? 'any' : 'all',
        of: type.value.requirements.map((inner, i) => readRequirement(inner, names, at.at(i), depth + 1)),
      }
    }
    default:
      return { kind: 'none' }
  }
}

function providerNamed(provider: string, audiences: readonly string[] | null, names: ReadonlySet<string>, report: Report): Requirement {
  if (!names.has(provider)) report.refuse('unknown-reference', `'${provider}' is not a provider`)
  return { kind: 'provider', provider, audiences }
}

const DEFAULT_CLOCK_SKEW = 60

function readProvider(name: string, provider: JwtProvider, report: Report): ProviderConfig {
  // The size of the cache of verified tokens is ours to choose: it changes no answer.
  refuseOtherFields(provider, { read: PROVIDER_FIELDS, harmless: ['jwtCacheConfig'] }, report)
  const elsewhere = provider.fromHeaders.length + provider.fromParams.length + provider.fromCookies.length > 0
  return {
    name,
    issuer: provider.issuer,
    audiences: provider.audiences,
    subjects: provider.subjects === undefined ? null : decodeStringMatch(provider.subjects, report.at('subjects')),
    requiresExpiration: provider.requireExpiration,
    maxLifetime: provider.maxLifetime === undefined ? null : durationMs(provider.maxLifetime, 0, report.at('max_lifetime')) / 1000,
    clockSkew: provider.clockSkewSeconds === 0 ? DEFAULT_CLOCK_SKEW : provider.clockSkewSeconds,
    keys: readKeys(provider.jwksSourceSpecifier, report),
    fromHeaders: elsewhere ? provider.fromHeaders.map((header, i) => readHeader(header, report.at('from_headers', i))) : DEFAULT_HEADERS,
    fromParams: elsewhere ? provider.fromParams : ['access_token'],
    fromCookies: provider.fromCookies,
    forwards: provider.forward,
    payloadHeader: provider.forwardPayloadHeader.toLowerCase(),
    padsPayload: provider.padForwardPayloadHeader,
    payloadMetadata: provider.payloadInMetadata,
    headerMetadata: provider.headerInMetadata,
    failureMetadata: provider.failedStatusInMetadata,
    spaceDelimited: provider.normalizePayloadInMetadata?.spaceDelimitedClaims ?? [],
    claimHeaders: provider.claimToHeaders.map(({ headerName, claimName }, i) => ({
      header: required(headerName, report.at('claim_to_headers', i, 'header_name')).toLowerCase(),
      path: required(claimName, report.at('claim_to_headers', i, 'claim_name')).split('.'),
    })),
    clearsRouteCache: provider.clearRouteCache,
  }
}

const DEFAULT_HEADERS: readonly TokenHeader[] = [{ name: 'authorization', prefix: 'Bearer ' }]

const PROVIDER_FIELDS = [
  'issuer',
  'audiences',
  'subjects',
  'requireExpiration',
  'maxLifetime',
  'jwksSourceSpecifier',
  'forward',
  'fromHeaders',
  'fromParams',
  'fromCookies',
  'forwardPayloadHeader',
  'padForwardPayloadHeader',
  'payloadInMetadata',
  'normalizePayloadInMetadata',
  'headerInMetadata',
  'failedStatusInMetadata',
  'clockSkewSeconds',
  'claimToHeaders',
  'clearRouteCache',
] as const

function readHeader({ name, valuePrefix }: { name: string; valuePrefix: string }, report: Report): TokenHeader {
  return { name: required(name, report.at('name')).toLowerCase(), prefix: valuePrefix }
}

function readKeys(source: JwtProvider['jwksSourceSpecifier'], report: Report): ProviderConfig['keys'] {
  if (source?.$case === 'remoteJwks') return readRemote(source.value, report.at('remote_jwks'))
  if (source === undefined) {
    report.refuse('required', 'must have remote_jwks or local_jwks')
    return { kind: 'local', set: '' }
  }
  const at = report.at('local_jwks')
  const before = report.violations.length
  const text = inlineText(source.value, at)
  const set = KeySet.parse(text)
  if (typeof set === 'string' && report.violations.length === before) at.refuse('bad-jwks', set)
  return { kind: 'local', set }
}

const DEFAULT_CACHE_MS = 600_000

function readRemote(remote: RemoteJwks, report: Report): ProviderConfig['keys'] {
  const uri = remote.httpUri
  const url = URL.parse(uri?.uri ?? '')
  if (url === null) report.at('http_uri', 'uri').refuse('bad-uri', `'${uri?.uri ?? ''}' is not an absolute URI`)
  if (uri?.httpUpstreamType?.$case !== 'cluster') report.at('http_uri', 'cluster').refuse('required', 'must name a cluster')
  return {
    kind: 'remote',
    cluster: uri?.httpUpstreamType?.value ?? '',
    authority: url?.host ?? '',
    scheme: url?.protocol === 'https:' ? 'https' : 'http',
    path: url === null ? '/' : `${url.pathname}${url.search}`,
    timeoutMs: durationMs(uri?.timeout, 5000, report.at('http_uri', 'timeout')),
    cacheMs: durationMs(remote.cacheDuration, DEFAULT_CACHE_MS, report.at('cache_duration')),
    retries: remote.retryPolicy === undefined ? 0 : (remote.retryPolicy.numRetries ?? 1),
    early: remote.asyncFetch !== undefined,
  }
}
