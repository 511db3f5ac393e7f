import { silentLogger } from '@meshwork/core/log'
import { ManualClock } from '@meshwork/testkit/clock'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { TokenReviewAuthenticator } from './token-review-authenticator.ts'

const obstacle = apiServerObstacle()
const REVIEWS = { kind: 'ok', value: { namespace: 'default', name: 'reviews' } }

describe.skipIf(obstacle !== null)(`token reviews of a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer
  const clock = new ManualClock()

  beforeAll(async () => {
    server = await TestApiServer.start()
    await server.kubectl(['create', 'serviceaccount', 'reviews'])
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  function tokenFor(...args: readonly string[]): Promise<string> {
    return server.kubectl(['create', 'token', 'reviews', ...args])
  }

  function authenticator(): TokenReviewAuthenticator {
    return new TokenReviewAuthenticator({ client: KubeClient.fromFile(server.kubeconfig), audience: 'istio-ca', clock, log: silentLogger })
  }

  test('an account is vouched for; other audiences, other users and rubbish are not', async () => {
    const tokens = authenticator()
    expect(await tokens.authenticate((await tokenFor('--audience=istio-ca')).trim())).toEqual(REVIEWS)
    for (const token of [(await tokenFor()).trim(), server.token, 'rubbish', '', 'x'.repeat(20_000)]) {
      expect((await tokens.authenticate(token)).kind).toBe('err')
    }
  })

  test('an account that is gone is refused within seconds, and one vouched for is not asked about again before', async () => {
    const tokens = authenticator()
    const token = (await tokenFor('--audience=istio-ca')).trim()
    expect(await tokens.authenticate(token)).toEqual(REVIEWS)
    await server.kubectl(['delete', 'serviceaccount', 'reviews'])
    expect(await tokens.authenticate(token)).toEqual(REVIEWS)
    // The API server remembers for ten seconds, too; but not across a restart.
    await server.crash()
    await server.recover()
    clock.advance(10_000)
    expect((await tokens.authenticate(token)).kind).toBe('err')
  })

  test('while the API server is away nobody is let in', async () => {
    const tokens = authenticator()
    await server.crash()
    expect(await tokens.authenticate('rubbish')).toEqual({ kind: 'err', error: 'it cannot be checked now' })
    await server.recover()
  })
})
