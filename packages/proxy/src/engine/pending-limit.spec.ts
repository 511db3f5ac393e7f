import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chain, cluster, endpoint, LIMITS, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

async function answersOf(count: number, limits: Partial<typeof LIMITS>): Promise<readonly number[]> {
  const { port } = await harness.httpServer((_request, response) => {
    void sleep(100).then(() => response.end())
  })
  harness.engine.setCluster(cluster('a', [endpoint(port)], { limits: { ...LIMITS, ...limits } }))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  const answers = await Promise.all(Array.from({ length: count }, () => get(proxy)))
  return answers.map(({ status }) => status).toSorted((a, b) => a - b)
}

test('of requests at once, one has the connection and one may wait', async () => {
  expect(await answersOf(8, { maxConnections: 1, maxPendingRequests: 1 })).toEqual([200, 200, 503, 503, 503, 503, 503, 503])
})

test('each connection that may be made has its request beside those that wait', async () => {
  expect(await answersOf(6, { maxConnections: 3, maxPendingRequests: 1 })).toEqual([200, 200, 200, 200, 503, 503])
})

test('where nobody may wait, nobody waits for a connection either', async () => {
  expect(await answersOf(2, { maxConnections: 1, maxPendingRequests: 0 })).toEqual([503, 503])
})
