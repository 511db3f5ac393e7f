import type { AuthorizationCondition, AuthorizationOperation, AuthorizationRule, AuthorizationSource } from '@meshwork/config/kinds'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildRule, type RulePlace } from './build-rule.ts'

const HTTP: RulePlace = { http: true, doubt: 'never-matches', namespace: 'ns', trustDomains: ['cluster.local'] }

const HTTP_OPERATIONS = ['hosts', 'notHosts', 'methods', 'notMethods', 'paths', 'notPaths'] as const
const HTTP_SOURCES = ['requestPrincipals', 'notRequestPrincipals'] as const
const HTTP_KEYS = [
  'request.headers[x]',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'request.auth.claims[a][b]',
]
/** Keys that admission refuses; a rule that came past it must be safe all the same. */
const UNKNOWN_KEYS = [
  '',
  'source.mood',
  'destination.user',
  'request.headers',
  'request.headers[a][b]',
  'request.auth.claims',
  'experimental.envoy.filters.x',
]

const NO_SOURCE: AuthorizationSource = {
  principals: [],
  notPrincipals: [],
  requestPrincipals: [],
  notRequestPrincipals: [],
  namespaces: [],
  notNamespaces: [],
  serviceAccounts: [],
  notServiceAccounts: [],
  trustDomains: [],
  notTrustDomains: [],
  ipBlocks: [],
  notIpBlocks: [],
  remoteIpBlocks: [],
  notRemoteIpBlocks: [],
}
const NO_OPERATION: AuthorizationOperation = {
  hosts: [],
  notHosts: [],
  ports: [],
  notPorts: [],
  methods: [],
  notMethods: [],
  paths: [],
  notPaths: [],
}

/** Ways to add to a rule something that a port without HTTP cannot know. */
const beyondConnections = fc.oneof(
  fc.constantFrom(...HTTP_OPERATIONS).map(field => (rule: AuthorizationRule): AuthorizationRule => ({
    ...rule,
    to: [{ operation: { ...NO_OPERATION, ...rule.to[0]?.operation, [field]: ['x'] } }],
  })),
  fc.constantFrom(...HTTP_SOURCES).map(field => (rule: AuthorizationRule): AuthorizationRule => ({
    ...rule,
    from: [{ source: { ...NO_SOURCE, ...rule.from[0]?.source, [field]: ['x'] } }],
  })),
  fc.constantFrom(...HTTP_KEYS, ...UNKNOWN_KEYS).map(key => (rule: AuthorizationRule): AuthorizationRule => ({
    ...rule,
    when: [...rule.when, { key, values: ['x'], notValues: [] }],
  })),
)

const known = fc.record({
  from: fc.constantFrom<AuthorizationRule['from']>(
    [],
    [{ source: { ...NO_SOURCE, principals: ['cluster.local/ns/a/sa/b'], notIpBlocks: ['10.0.0.1'] } }],
  ),
  to: fc.constantFrom<AuthorizationRule['to']>([], [{ operation: { ...NO_OPERATION, ports: ['80'] } }]),
  when: fc.constantFrom<readonly AuthorizationCondition[]>([], [{ key: 'destination.port', values: ['80'], notValues: ['81'] }]),
})

test('what a port cannot know: an ALLOW never matches by it, any other action matches as if it were not there', () => {
  fc.assert(
    fc.property(known, beyondConnections, (rule, extend) => {
      const extended = extend(rule)
      const connections = { ...HTTP, http: false }
      expect(buildRule(extended, connections)).toBeUndefined()
      expect(buildRule(extended, { ...connections, doubt: 'ignored' })).toEqual(buildRule(rule, { ...connections, doubt: 'ignored' }))
    }),
    { numRuns: 500 },
  )
})

test('a key that nobody knows does the same where requests are seen', () => {
  for (const key of UNKNOWN_KEYS) {
    const rule: AuthorizationRule = { from: [], to: [], when: [{ key, values: ['x'], notValues: [] }] }
    expect(buildRule(rule, HTTP)).toBeUndefined()
    expect(buildRule(rule, { ...HTTP, doubt: 'ignored' })).toEqual(buildRule({ from: [], to: [], when: [] }, HTTP))
  }
})

test('all that requests can be asked about is known there', () => {
  fc.assert(
    fc.property(known, beyondConnections, (rule, extend) => {
      const extended = extend(rule)
      const unknown = extended.when.some(({ key }) => UNKNOWN_KEYS.includes(key))
      expect(buildRule(extended, HTTP) === undefined).toBe(unknown)
    }),
  )
})
