import { parseSpiffeId } from '@meshwork/core/ids'
import { subjectAltName } from '@meshwork/core/x509'
import { expect, it } from 'vitest'

import { authorizeNames } from './authorize-names.ts'

const OWN = 'spiffe://cluster.local/ns/default/sa/a'

function decide(...names: readonly string[]): string {
  const caller = parseSpiffeId(OWN)
  if (caller.kind === 'err') throw new Error(caller.error)
  return authorizeNames(names.map(subjectAltName), caller.value).kind
}

it('lets a caller ask for itself, by name or without one', () => {
  expect([decide(OWN), decide(), decide(OWN, OWN)]).toEqual(['ok', 'ok', 'ok'])
})

it.each([
  'spiffe://cluster.local/ns/default/sa/b',
  'spiffe://cluster.local/ns/default/sa/a/',
  'spiffe://CLUSTER.local/ns/default/sa/a',
  'spiffe://other.local/ns/default/sa/a',
  'reviews',
  '127.0.0.1',
])('refuses %s, also beside the own name', name => {
  expect([decide(name), decide(OWN, name)]).toEqual(['err', 'err'])
})
