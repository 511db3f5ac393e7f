import { expect, test } from 'vitest'
import { claimPath } from './claim-match.ts'

test.each([
  ['@request.auth.claims.group', ['group']],
  ['@request.auth.claims.realm.role', ['realm', 'role']],
  ['@request.auth.claims[a.b][c]', ['a.b', 'c']],
  ['@Request.Auth.Claims.Sub', ['Sub']],
  ['x-group', undefined],
  ['@request.auth.claims', undefined],
  ['@request.auth.claims.', undefined],
  ['@request.auth.claimsgroup', undefined],
  ['@request.auth.claims[a]b', undefined],
])('%s is the claim %j', (name, path) => {
  expect(claimPath(name)).toEqual(path)
})
