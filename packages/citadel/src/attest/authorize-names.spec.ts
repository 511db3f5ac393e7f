import { parseSpiffeId } from '@meshwork/core/ids'
import { subjectAltName } from '@meshwork/core/x509'
import { expect, it } from 'vitest'

import { authorizeNames } from './authorize-names.ts'

const OWN = 'spiffe://cluster.local/ns/default/sa/a'

function decide(...names: readonly string[]): string {
  const caller = parseSpiffeId(OWN)
  if (caller.kind === 'err') throw new Error(caller.error)
  return authorizeNames(names.map(subjectAltName), caller.value, ['allowed.svc']).kind
}

it('lets a caller ask for itself, by name or without one, and for what its account is allowed', () => {
  expect([decide(OWN), decide(), decide(OWN, OWN), decide('allowed.svc'), decide(OWN, 'allowed.svc')]).toEqual(Array(5).fill('ok'))
})

it.each([
  'spiffe://cluster.local/ns/default/sa/b',
  'spiffe://cluster.local/ns/default/sa/a/',
  'spiffe://CLUSTER.local/ns/default/sa/a',
  'spiffe://other.local/ns/default/sa/a',
  'reviews',
  '127.0.0.1',
  'x.allowed.svc',
])('refuses %s, also beside the own name', name => {
  expect([decide(name), decide(OWN, name)]).toEqual(['err', 'err'])
})
