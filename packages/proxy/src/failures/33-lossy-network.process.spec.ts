import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { bootstrap, cluster, http2Upstream, httpFilter, listener, StaticProxy, tlsClient, tlsServer } from '@meshwork/testkit/bootstrap'
import { createTestCa } from '@meshwork/testkit/ca'
import { CountedLoad, figures, NetworkRig, nowMs, type Outcome, quantile, Relay } from '@meshwork/testkit/faults'
import { freePorts, podNetworkObstacle } from '@meshwork/testkit/net'
import { describe, expect, it } from 'vitest'

/** So that an answer is long enough to be hit. */
const FILLER = 'x'.repeat(2_000)

/** Told as complete, but for another request, or not byte by byte what a backend sent. Failures are no wrong answers. */
function wrong(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ status, body, path }) => {
    const sent = body.startsWith('backend-') ? `${body.slice(0, 'backend-0'.length)} ${path}` : `${FILLER} ${path}`
    return status === 200 && body !== sent
  })
}

function failed(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ status }) => status !== 200).length
}

/** Two proxies with mutual TLS between them, and a relay on that way. */
class TunnelRig implements AsyncDisposable {
  readonly entry: number
  readonly relay: Relay
  private readonly backend: Server
  private readonly proxies: readonly StaticProxy[]

  private constructor(entry: number, relay: Relay, backend: Server, proxies: readonly StaticProxy[]) {
    this.entry = entry
    this.relay = relay
    this.backend = backend
    this.proxies = proxies
  }

  static async start(connectTimeout: string): Promise<TunnelRig> {
    const backend = createServer((request, response) => request.resume().once('end', () => response.end(`${FILLER} ${request.url}`)))
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const { port } = backend.address() as AddressInfo
    const [entry = 0, middle = 0] = await freePorts(2)
    const ca = await createTestCa()
    const [client, server] = await Promise.all(['client', 'server'].map(name => ca.issue(`spiffe://cluster.local/ns/default/sa/${name}`)))
    if (client === undefined || server === undefined) throw new Error('there are no certificates')
    const relay = await Relay.listen(middle)
    const far = bootstrap([listener(middle, httpFilter('far', 'AUTO'), tlsServer(server, ['h2'], ca.rootPem))], [cluster('far', port)])
    const near = bootstrap(
      [listener(entry, httpFilter('near', 'AUTO', { timeout: '2s' }))],
      [
        cluster('near', relay.port, {
          ...http2Upstream,
          connect_timeout: connectTimeout,
          transport_socket: tlsClient(client, ['h2'], ca.rootPem),
        }),
      ],
    )
    const proxies = [await StaticProxy.start('far', far), await StaticProxy.start('near', near)]
    return new TunnelRig(entry, relay, backend, proxies)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.proxies.map(proxy => proxy[Symbol.asyncDispose]()))
    await this.relay[Symbol.asyncDispose]()
    this.backend.close()
    this.backend.closeAllConnections()
  }
}

it('[failure-33] TLS between proxies refuses every corrupted byte: no wrong answer, and it goes on', async () => {
  await using rig = await TunnelRig.start('0.3s')
  const load = new CountedLoad({ port: rig.entry, ratePerSecond: 200, timeoutMs: 4_000 })
  // A byte of every connection is flipped, in the handshake of the first ones, in its traffic later.
  rig.relay.plan = index => ({ [index % 2 === 0 ? 'toClient' : 'toServer']: { kind: 'corrupt', afterBytes: (index * 173) % 5_000 } })
  rig.relay.cut()
  await sleep(4_000)
  rig.relay.plan = () => ({})
  rig.relay.cut()
  await sleep(300)
  const mendedAt = nowMs()
  await sleep(1_000)
  const outcomes = await load.stop()
  const after = outcomes.filter(({ dueMs }) => dueMs > mendedAt)
  figures('failure-33 corruption', {
    connections: rig.relay.connections,
    sent: outcomes.length,
    failed: failed(outcomes),
    wrong: wrong(outcomes).length,
    failedAfter: failed(after),
  })
  expect(wrong(outcomes)).toEqual([])
  // Else nothing was hit.
  expect(rig.relay.connections).toBeGreaterThan(10)
  expect(failed(outcomes)).toBeGreaterThan(0)
  expect(failed(after)).toBe(0)
})

it('[failure-33] 50 ms more on the way cost time and no request', async () => {
  await using rig = await TunnelRig.start('3s')
  rig.relay.plan = () => ({ delayMs: 50 })
  const load = new CountedLoad({ port: rig.entry, ratePerSecond: 200, connections: 64 })
  await sleep(2_000)
  const outcomes = await load.stop()
  const p50Ms = quantile(
    outcomes.slice(100).map(({ tookMs }) => tookMs),
    0.5,
  )
  figures('failure-33 delay', { sent: outcomes.length, failed: failed(outcomes), wrong: wrong(outcomes).length, p50Ms })
  expect(wrong(outcomes)).toEqual([])
  expect(failed(outcomes)).toBe(0)
  // One way there and back; the rest is what a busy machine adds.
  expect(p50Ms).toBeGreaterThan(100)
  expect(p50Ms).toBeLessThan(500)
})

const obstacle = podNetworkObstacle()

describe.skipIf(obstacle !== null)(`lost packets${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  it.each([0.01, 0.05])('[failure-33] with %d of the packets lost every request is answered, rightly', async part => {
    await using rig = await NetworkRig.start({ backends: 2 })
    await Promise.all([rig.losePackets(0, part), rig.losePackets(1, part)])
    await using load = await rig.load({ ratePerSecond: 200, connections: 64, timeoutMs: 10_000 })
    await sleep(3_000)
    const outcomes = await load.stop()
    const took = outcomes.map(({ tookMs }) => tookMs)
    figures(`failure-33 loss ${part}`, {
      sent: outcomes.length,
      failed: failed(outcomes),
      wrong: wrong(outcomes).length,
      p99Ms: quantile(took, 0.99),
    })
    expect(wrong(outcomes)).toEqual([])
    expect(failed(outcomes)).toBe(0)
    // Else nothing was lost: a packet that is sent again takes 200 ms or more.
    expect(took.some(ms => ms > 190)).toBe(true)
  })
})
