import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { ObjectOf } from '@meshwork/config/kinds'
import { silentLogger } from '@meshwork/core/log'
import { ManualClock } from '@meshwork/testkit/clock'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { KeyKeeper, REFRESH_MS } from './key-keeper.ts'

let server: Server
let base: string
let answers: Map<string, string>
let asked: string[]
let clock: ManualClock
let known: ReadonlyMap<string, string>
let keeper: KeyKeeper

beforeEach(async () => {
  answers = new Map()
  asked = []
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const body = answers.get(request.url ?? '')
    response.writeHead(body === undefined ? 500 : 200).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  clock = new ManualClock()
  known = new Map()
  keeper = new KeyKeeper({ clock, log: silentLogger, changed: sets => (known = sets) })
})

afterEach(async () => {
  await keeper.close()
  expect(clock.pendingTimers).toBe(0)
  server.closeAllConnections()
  server.close()
})

function rules(...jwtRules: string[]): readonly ObjectOf<'RequestAuthentication'>[] {
  const kind = '{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: a}, spec: {jwtRules: ['
  return snapshotOf(`${kind}${jwtRules.join(', ')}]}}`).requestAuthentications
}

function keySet(kid: string): string {
  return JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid }] })
}

test('keys come from their URI, and by way of the issuer where only that is known', async () => {
  answers.set('/keys', keySet('a'))
  answers.set('/issuer/.well-known/openid-configuration', JSON.stringify({ jwks_uri: `${base}/found` }))
  answers.set('/found', keySet('b'))
  keeper.want(rules(`{issuer: x, jwksUri: "${base}/keys"}`, `{issuer: "${base}/issuer/"}`, `{issuer: own, jwks: '${keySet('c')}'}`))
  await keeper.start()
  expect(known).toEqual(
    new Map([
      [`${base}/keys`, keySet('a')],
      [`issuer ${base}/issuer/`, keySet('b')],
    ]),
  )
})

test('keys are fetched anew after 20 minutes; an outage keeps the last good ones', async () => {
  answers.set('/keys', keySet('old'))
  keeper.want(rules(`{issuer: x, jwksUri: "${base}/keys"}`))
  await keeper.start()
  answers.clear()
  clock.advance(REFRESH_MS)
  await vi.waitFor(() => expect(keeper.problems().get(`${base}/keys`)).toContain('status 500'))
  expect(known.get(`${base}/keys`)).toBe(keySet('old'))
  answers.set('/keys', keySet('new'))
  await vi.waitFor(() => expect(clock.pendingTimers).toBe(1))
  clock.advance(1000)
  await vi.waitFor(() => expect(known.get(`${base}/keys`)).toBe(keySet('new')))
  expect(keeper.problems().size).toBe(0)
})

test('a place that gives no keys is said so and gives none', async () => {
  answers.set('/text', 'hello')
  keeper.want(rules(`{issuer: x, jwksUri: "${base}/text"}`, `{issuer: "${base}"}`, '{issuer: joe}'))
  await keeper.start()
  expect(known.size).toBe(0)
  expect([...keeper.problems().values()]).toEqual([
    expect.stringContaining('is no JSON Web Key Set'),
    expect.stringContaining('status 500'),
    "issuer 'joe' is no URL, so its keys cannot be discovered",
  ])
})

test.each(['http://169.254.169.254/latest', 'http://[fe80::1]/keys', 'http://[::ffff:169.254.169.254]/'])(
  '%s is never asked',
  async uri => {
    keeper.want(rules(`{issuer: x, jwksUri: "${uri}"}`))
    await keeper.start()
    expect(keeper.problems().get(uri)).toContain('link-local')
  },
)

test('what no rule names any more is forgotten', async () => {
  answers.set('/keys', keySet('a'))
  keeper.want(rules(`{issuer: x, jwksUri: "${base}/keys"}`))
  await keeper.start()
  keeper.want([])
  clock.advance(REFRESH_MS * 2)
  expect(asked).toEqual(['/keys'])
})
