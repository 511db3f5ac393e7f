import { request as secureRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { processUsage } from '@meshwork/testkit/attack'
import {
  dynamicCluster,
  dynamicHttpFilter,
  endpoints,
  fromControlPlane,
  listener,
  routeTable,
  StaticProxy,
  tlsServer,
} from '@meshwork/testkit/bootstrap'
import { createTestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { BackendProcess, CountedLoad, figures, nowMs, type Tally, tally } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { jsonResource, TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { expect, it } from 'vitest'

/** The long form is a command of its own: `MESHWORK_SOAK_SECONDS=300 vitest run --project process failures/25`. */
const SECONDS = Number(process.env['MESHWORK_SOAK_SECONDS'] ?? 12)
const RATE = 100
const CHANGE_EVERY_MS = 100
/** Each costs a full collection, in which nothing else is done. */
const SAMPLES = Math.min(40, SECONDS)
/**
 * Growth that a run of this length can tell from what a process that warms up needs (compiled code, tables at their size), in bytes a
 * second. The goal, which only hours can show, is 0.
 */
const VISIBLE = SECONDS >= 300 ? 5000 : 160_000
const PLANTED = VISIBLE * 5

/** What is changed all the time: clusters come and go, endpoints, routes and certificates change, with names and values that differ. */
class Churn {
  private readonly pilot: TestControlPlane
  private readonly ports: { readonly plain: number; readonly secured: number; readonly backend: number }
  private readonly certificates: readonly TestCertificate[]
  private round = 0

  constructor(pilot: TestControlPlane, ports: Churn['ports'], certificates: readonly TestCertificate[]) {
    this.pilot = pilot
    this.ports = ports
    this.certificates = certificates
  }

  step(): void {
    const { plain, secured, backend } = this.ports
    const round = this.round++
    const certificate = this.certificates[round % this.certificates.length]
    if (certificate === undefined) return
    const others = [0, 1, 2].map(i => `other-${(round + i) % 16}`)
    const table = { ...routeTable('main', 'service'), response_headers_to_add: [{ header: { key: 'x-round', value: `${round}` } }] }
    this.pilot.set(
      new Map([
        [CLUSTER_TYPE, ['service', ...others].map(name => jsonResource(CLUSTER_TYPE, name, dynamicCluster(name)))],
        [
          ENDPOINT_TYPE,
          ['service', ...others].map(name =>
            jsonResource(ENDPOINT_TYPE, name, endpoints(name, name === 'service' ? backend : [backend, 1 + (round % 999)])),
          ),
        ],
        [
          LISTENER_TYPE,
          [
            jsonResource(LISTENER_TYPE, `listener-${plain}`, listener(plain, dynamicHttpFilter('main'))),
            jsonResource(
              LISTENER_TYPE,
              `listener-${secured}`,
              listener(secured, dynamicHttpFilter('main'), tlsServer(certificate, ['http/1.1'])),
            ),
          ],
        ],
        [ROUTE_TYPE, [jsonResource(ROUTE_TYPE, 'main', table)]],
      ]),
    )
  }
}

/** A request on a connection of its own, with a handshake and values that no other has. */
function knock(port: number, number: number): Promise<void> {
  return new Promise(resolve => {
    const headers = { connection: 'close', 'x-value': `value-${number}`, host: `host-${number}` }
    const call = secureRequest(
      { host: '127.0.0.1', port, path: `/k/${number}`, rejectUnauthorized: false, agent: false, headers },
      response => {
        response.resume()
        response.once('close', () => resolve())
      },
    )
    call.once('error', () => resolve())
    call.end()
  })
}

interface Slopes {
  /** Of the last half, bytes a second. */
  readonly heap: number
  readonly rss: number
  readonly lost: Tally['lost']
  readonly sent: number
}

async function soak(leakPerSecond: number): Promise<Slopes> {
  const [plain = 0, secured = 0, adminPort = 0] = await freePorts(3)
  const ca = await createTestCa()
  const certificates = await Promise.all([0, 1, 2].map(i => ca.issue(`spiffe://cluster.local/ns/default/sa/${i}`)))
  await using backend = await BackendProcess.start({ name: 'backend' })
  const pilot = new TestControlPlane()
  const churn = new Churn(pilot, { plain, secured, backend: backend.port }, certificates)
  churn.step()
  await pilot.start()
  try {
    await using proxy = await StaticProxy.start('proxy', fromControlPlane(Number(pilot.address.split(':')[1]), adminPort))
    if (leakPerSecond > 0) proxy.leak(leakPerSecond)
    const load = new CountedLoad({ port: plain, ratePerSecond: RATE, connections: 16 })
    const points: { readonly atMs: number; readonly heap: number; readonly rss: number }[] = []
    const began = performance.now()
    for (let i = 0; performance.now() - began < SECONDS * 1000; i++) {
      churn.step()
      await Promise.all([knock(secured, i), sleep(CHANGE_EVERY_MS)])
      if (performance.now() - began < (points.length * SECONDS * 1000) / SAMPLES) continue
      points.push({ heap: await proxy.heapBytes(), rss: processUsage(proxy.child.pid ?? 0).rssBytes, atMs: performance.now() })
    }
    const { lost, sent } = tally(await load.stop(), backend.seen, nowMs())
    const half = points.slice(points.length / 2)
    return {
      heap: slope(half.map(({ atMs, heap }) => [atMs, heap])),
      rss: slope(half.map(({ atMs, rss }) => [atMs, rss])),
      lost,
      sent,
    }
  } finally {
    pilot.stop()
  }
}

/** Median of the slopes between all pairs (Theil and Sen), a second: a few outliers say nothing. */
function slope(points: readonly (readonly [ms: number, value: number])[]): number {
  const slopes = points.flatMap(([x1, y1], i) => points.slice(i + 1).map(([x2, y2]) => ((y2 - y1) * 1000) / (x2 - x1)))
  return slopes.toSorted((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? Number.NaN
}

it(
  '[failure-25] nothing is kept of changed configuration, certificates, connections and values',
  async () => {
    const { heap, rss, lost, sent } = await soak(0)
    figures('failure-25', { seconds: SECONDS, sent, lost: lost.length, heapBytesPerSecond: heap, rssBytesPerSecond: rss })
    expect(lost).toEqual([])
    expect(heap).toBeLessThan(VISIBLE)
  },
  (SECONDS + 60) * 1000,
)

it(
  '[failure-25] a leak would be seen',
  async () => {
    const { heap } = await soak(PLANTED)
    figures('failure-25 planted', { planted: PLANTED, heapBytesPerSecond: heap })
    expect(heap).toBeGreaterThan(2 * VISIBLE)
  },
  (SECONDS + 60) * 1000,
)
