import { setTimeout as sleep } from 'node:timers/promises'
import { dynamicCluster, endpoints, fromControlPlane, httpFilter, listener, StaticProxy } from '@meshwork/testkit/bootstrap'
import { BackendProcess, CountedLoad, figures, nowMs, tally } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { jsonResource, TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, type XdsResource } from '@meshwork/xds/types'
import { expect, it } from 'vitest'

/** From the push until the last request may go to the endpoint that it removed. */
const LATE_MS = 50
const LONG_MS = 600

function endpointsOf(backends: readonly BackendProcess[]): ReadonlyMap<string, readonly XdsResource[]> {
  return new Map([
    [
      ENDPOINT_TYPE,
      [
        jsonResource(
          ENDPOINT_TYPE,
          'service',
          endpoints(
            'service',
            backends.map(({ port }) => port),
          ),
        ),
      ],
    ],
  ])
}

it('[failure-12] a removed endpoint gets no further request, and what it was working on is finished', async () => {
  const backends = await BackendProcess.startAll(3)
  const [entry = 0, adminPort = 0] = await freePorts(2)
  const pilot = new TestControlPlane()
  pilot.set(
    new Map([
      [CLUSTER_TYPE, [jsonResource(CLUSTER_TYPE, 'service', dynamicCluster('service'))]],
      [LISTENER_TYPE, [jsonResource(LISTENER_TYPE, `listener-${entry}`, listener(entry, httpFilter('service', 'AUTO')))]],
      ...endpointsOf(backends),
    ]),
  )
  await pilot.start()
  await using _proxy = await StaticProxy.start('proxy', fromControlPlane(Number(pilot.address.split(':')[1]), adminPort))
  const load = new CountedLoad({ port: entry, ratePerSecond: 500 })
  const long = new CountedLoad({ port: entry, ratePerSecond: 60, connections: 200, path: `/long?wait=${LONG_MS}&n=` })
  await sleep(LONG_MS)
  const [removed, ...others] = backends
  const before = pilot.answers.length
  const pushedAt = nowMs()
  pilot.set(endpointsOf(others))
  while (pilot.answers.length === before && nowMs() - pushedAt < 5_000) await sleep(1)
  const ackedMs = nowMs() - pushedAt
  await sleep(LONG_MS + 300)
  const outcomes = [...(await load.stop()), ...(await long.stop())]
  const seen = backends.flatMap(backend => backend.seen)
  const { sent, lost, duplicated } = tally(outcomes, seen, pushedAt)
  const late = (removed?.seen ?? []).filter(({ atMs }) => atMs > pushedAt + LATE_MS)
  const lastMs = (removed?.seen.at(-1)?.atMs ?? 0) - pushedAt
  const underWay = outcomes.filter(
    ({ path, body, dueMs, tookMs }) =>
      path.startsWith('/long') && body.startsWith('backend-0') && dueMs < pushedAt && dueMs + tookMs > pushedAt,
  )
  figures('failure-12', { sent, lost: lost.length, late: late.length, ackedMs, lastMs, underWay: underWay.length })
  pilot.stop()
  for (const backend of backends) await backend.kill()
  expect(lost).toEqual([])
  expect(duplicated).toEqual([])
  expect(late).toEqual([])
  // Else the test shows nothing about requests under way.
  expect(underWay.length).toBeGreaterThan(0)
})
