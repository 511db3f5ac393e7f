import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ClusterConfig } from '../model/cluster.ts'
import { chain, cluster, endpoint, LIMITS, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

/** Connections that each of the servers has got after the requests. */
async function connectionsAfter(
  servers: number,
  requests: number,
  over: Partial<ClusterConfig>,
  order: 'at once' | 'in turn' = 'at once',
): Promise<readonly number[]> {
  const counts = Array.from({ length: servers }, () => 0)
  const ports: number[] = []
  for (const index of counts.keys()) {
    const { port, server } = await harness.httpServer((_request, response) => {
      void sleep(50).then(() => response.end())
    })
    server.on('connection', () => void (counts[index] = (counts[index] ?? 0) + 1))
    ports.push(port)
  }
  harness.engine.setCluster(
    cluster(
      'a',
      ports.map(port => endpoint(port)),
      over,
    ),
  )
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  let last: Promise<unknown> = Promise.resolve()
  const answers = Array.from({ length: requests }, () => (order === 'at once' ? get(proxy) : (last = last.then(() => get(proxy)))))
  await expect(Promise.all(answers)).resolves.toEqual(answers.map(() => expect.objectContaining({ status: 200 })))
  return counts
}

test('without a policy there are as many connections as requests', async () => {
  expect(await connectionsAfter(1, 2, {})).toEqual([2])
})

test('a host gets connections for the requests that are expected to follow', async () => {
  expect(await connectionsAfter(1, 1, { preconnect: { perHost: 2, predictive: 1 } })).toEqual([2])
  expect(await connectionsAfter(1, 4, { preconnect: { perHost: 1.5, predictive: 1 } })).toEqual([6])
})

test('the limit of the cluster holds for connections ahead of need', async () => {
  const limits = { ...LIMITS, maxConnections: 2 }
  expect(await connectionsAfter(1, 1, { limits, preconnect: { perHost: 3, predictive: 1 } })).toEqual([2])
})

test('the hosts that come next are connected to, and then chosen', async () => {
  // As many as Envoy 1.40 makes: it counts the request that is about to be sent among those to come.
  const preconnect = { perHost: 1, predictive: 1.1 }
  expect((await connectionsAfter(4, 1, { preconnect })).toSorted((a, b) => a - b)).toEqual([0, 1, 1, 1])
  expect((await connectionsAfter(4, 3, { preconnect }, 'in turn')).toSorted((a, b) => a - b)).toEqual([0, 1, 1, 1])
})
