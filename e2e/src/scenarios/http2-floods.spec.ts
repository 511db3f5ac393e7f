import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import {
  END_STREAM,
  ENHANCE_YOUR_CALM,
  floodConnection,
  floodForAWhile,
  forgetPeak,
  GET_BLOCK,
  headerFrames,
  HTTP2_FLOODS,
  http2Exchange,
  type Http2Flood,
  literalField,
  processUsage,
  steadyClient,
} from '@meshwork/testkit/attack'
import { admin, bootstrap, cluster, httpFilter, listener, StaticProxy } from '@meshwork/testkit/bootstrap'
import { BackendProcess } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const MEGABYTE = 1_048_576

/** Floods by what a header block means when it is decoded. */
const BOMBS: ReadonlySet<string> = new Set(['amplified header blocks', 'cookie crumbs'])
const PER_SECOND = 200
/** The connection was not ended. */
const STAYED = -2
/** Below this, a percentile tells of the machine's timers more than of the proxy. */
const NOISE_MS = 10
const ROUNDS = 4

describe('a proxy that is flooded', () => {
  const upstream = createServer((request, response) => request.resume().once('end', () => setTimeout(() => response.end('hello'), 5)))
  let proxy: StaticProxy
  let other: BackendProcess
  let attacked = 0
  let shared = 0
  let adminPort = 0

  beforeAll(async () => {
    await new Promise<void>(resolve => upstream.listen(0, '127.0.0.1', resolve))
    const { port } = upstream.address() as AddressInfo
    ;[attacked = 0, shared = 0, adminPort = 0] = await freePorts(3)
    // What the flood asks for is served elsewhere: the load of whoever measures is not to be part of what it measures.
    other = await BackendProcess.start({ name: 'other', delayMs: 5 })
    const listeners = [listener(attacked, httpFilter('other', 'HTTP2')), listener(shared, httpFilter('upstream', 'HTTP1'))]
    proxy = await StaticProxy.start(
      'flooded',
      bootstrap(listeners, [cluster('upstream', port), cluster('other', other.port)], admin(adminPort)),
    )
  })

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await other?.[Symbol.asyncDispose]()
    upstream.close()
    upstream.closeAllConnections()
  })

  const pid = (): number => proxy.child.pid ?? 0

  /** Floods one connection until it ends; gives how, with the memory that it took at its peak. */
  async function endOf(each: Http2Flood): Promise<{ readonly goaway: number; readonly grewMegabytes: number; readonly cpuMs: number }> {
    forgetPeak(pid())
    const before = processUsage(pid())
    const end = await floodConnection(attacked, each, 5000)
    const after = processUsage(pid())
    return {
      goaway: end?.goaway ?? STAYED,
      grewMegabytes: (after.peakRssBytes - before.rssBytes) / MEGABYTE,
      cpuMs: after.cpuMs - before.cpuMs,
    }
  }

  it('[security-89] ends the connections of a rapid reset, and others hardly notice', async () => {
    // The first requests run code that is not compiled yet.
    await steadyClient(shared, PER_SECOND, 1000)
    let ratio = Number.POSITIVE_INFINITY
    // Other work on the machine only ever adds: the proxy is as good as it was in the quietest round.
    for (let round = 0; round < ROUNDS && ratio >= 2; round++) {
      const before = await steadyClient(shared, PER_SECOND, 1500)
      const [codes, during] = await Promise.all([floodForAWhile(attacked, 'rapid reset', 1800), steadyClient(shared, PER_SECOND, 1500)])
      expect(codes.length).toBeGreaterThan(10)
      expect(new Set(codes)).toEqual(new Set([ENHANCE_YOUR_CALM]))
      expect([before.failed, during.failed]).toEqual([0, 0])
      ratio = Math.min(ratio, during.p99Ms / Math.max(before.p99Ms, NOISE_MS))
    }
    expect(ratio).toBeLessThan(2)
    const stats = await (await fetch(`http://127.0.0.1:${adminPort}/stats?filter=premature_resets`)).text()
    expect(Number(/^http2\.premature_resets: (\d+)$/m.exec(stats)?.[1])).toBeGreaterThan(10)
  })

  it.for(HTTP2_FLOODS.filter(({ name }) => !BOMBS.has(name)))('[security-90] ends the connection: $name', async each => {
    const { goaway, grewMegabytes, cpuMs } = await endOf(each)
    expect(goaway).toBe(ENHANCE_YOUR_CALM)
    expect(grewMegabytes).toBeLessThan(50)
    expect(cpuMs).toBeLessThan(1000)
  })

  it.for(HTTP2_FLOODS.filter(({ name }) => BOMBS.has(name)))('[security-91] stops at the limits of a header section: $name', async each => {
    const { goaway, grewMegabytes, cpuMs } = await endOf(each)
    expect(goaway).toBe(ENHANCE_YOUR_CALM)
    expect(grewMegabytes).toBeLessThan(50)
    expect(cpuMs).toBeLessThan(1000)
  })

  it('[security-91] serves a section of a hundred fields, and resets the stream of one with more or with more than 60 KiB', async () => {
    const at = await answersTo(attacked, [...Array.from({ length: 95 }, (_, i) => [`x-${i}`, 'a'] as const), ['x', 'a'.repeat(10_000)]])
    const tooMany = await answersTo(
      attacked,
      Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'a'] as const),
    )
    const tooLarge = await answersTo(attacked, [
      ['x', 'a'.repeat(31_000)],
      ['y', 'a'.repeat(31_000)],
    ])
    expect([at, tooMany, tooLarge]).toEqual(['200', 'reset 2', 'reset 2'])
  })
})

/** What answers a GET with these fields more. */
function answersTo(port: number, fields: readonly (readonly [name: string, value: string])[]): Promise<string> {
  const block = Buffer.concat([GET_BLOCK, ...fields.map(([name, value]) => literalField(name, value))])
  return http2Exchange(port, headerFrames(1, block, END_STREAM))
}
