import { expect, test } from 'vitest'
import { askedByAccounts, unusedRights } from './role-use.ts'

const PILOT = 'system:serviceaccount:istio-system:istiod'

function line(username: string, verb: string, objectRef: object | undefined, code = 200): string {
  return JSON.stringify({ kind: 'Event', verb, user: { username }, objectRef, responseStatus: { code } })
}

const LOG = [
  line(PILOT, 'list', { resource: 'pods', apiVersion: 'v1' }),
  line(PILOT, 'list', { resource: 'pods', apiVersion: 'v1' }),
  line(PILOT, 'patch', { resource: 'gateways', subresource: 'status', apiGroup: 'networking.istio.io' }),
  line(PILOT, 'patch', { resource: 'configmaps' }, 201),
  line(PILOT, 'get', undefined),
  line('system:serviceaccount:default:web', 'get', { resource: 'pods' }),
  line('system:admin', 'delete', { resource: 'pods', name: PILOT }),
  '',
].join('\n')

const asked = askedByAccounts(LOG, new Set(['istiod'])).get('istiod') ?? []

test('an account asked for what the log says of it, once each', () => {
  expect(asked).toEqual([
    { verb: 'list', apiGroup: '', resource: 'pods' },
    { verb: 'patch', apiGroup: 'networking.istio.io', resource: 'gateways/status' },
    { verb: 'patch', apiGroup: '', resource: 'configmaps' },
    { verb: 'create', apiGroup: '', resource: 'configmaps' },
  ])
})

test('rights that nobody used are named', () => {
  const rules = [
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['list', 'watch'] },
    { apiGroups: ['networking.istio.io'], resources: ['*/status'], verbs: ['patch'] },
    { apiGroups: ['security.istio.io'], resources: ['*/status'], verbs: ['patch'] },
  ]
  expect(unusedRights(rules, asked)).toEqual(['watch core/pods', 'list core/nodes', 'watch core/nodes', 'patch security.istio.io/*/status'])
})

test('a rule for everything of a group is used by any of it', () => {
  const rules = [{ apiGroups: ['networking.istio.io'], resources: ['*'], verbs: ['patch'] }]
  expect(unusedRights(rules, asked)).toEqual([])
})
