import { holdConnections, processUsage, release } from '@meshwork/testkit/attack'
import { admin, bootstrap, cluster, httpFilter, type Json, listener, StaticProxy } from '@meshwork/testkit/bootstrap'
import { BackendProcess } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let backend: BackendProcess
let proxy: StaticProxy | undefined
let [first, second, adminPort] = [0, 0, 0]

beforeAll(async () => {
  backend = await BackendProcess.start({ name: 'backend' })
})

afterAll(async () => {
  await backend?.[Symbol.asyncDispose]()
})

async function start(runtime: Json, prefix: readonly string[] = []): Promise<void> {
  ;[first = 0, second = 0, adminPort = 0] = await freePorts(3)
  const listeners = [first, second].map((port, i) => ({ ...listener(port, httpFilter('a', 'AUTO')), name: `l${i}` }))
  const layered_runtime = { layers: [{ name: 'limits', static_layer: runtime }] }
  const resources = bootstrap(listeners, [cluster('a', backend.port)], { ...admin(adminPort), layered_runtime })
  proxy = await StaticProxy.start('capped', resources, { prefix })
}

async function stat(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/stats?filter=${name}`)).text()
  return Number(new RegExp(String.raw`_${port}\.${name}: (\d+)`).exec(text)?.[1] ?? Number.NaN)
}

async function serves(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(5000) })
    return answer.ok && (await answer.text()).startsWith('backend')
  } catch {
    return false
  }
}

describe('a proxy with more clients than it takes', () => {
  it('[security-95] closes what is above the limit of a listener and of the proxy, counts it, and recovers', async () => {
    await start({
      overload: { global_downstream_max_connections: 30 },
      envoy: { resource_limits: { listener: { l0: { connection_limit: 10 } } } },
    })
    try {
      const one = await holdConnections(first, 25)
      await expect.poll(() => one.filter(({ closed }) => closed).length).toBe(15)
      const two = await holdConnections(second, 25)
      await expect.poll(() => two.filter(({ closed }) => closed).length).toBe(5)
      expect([await stat(first, 'downstream_cx_overflow'), await stat(second, 'downstream_global_cx_overflow')]).toEqual([15, 5])
      expect([await serves(first), await serves(second)]).toEqual([false, false])
      release([...one, ...two])
      await expect.poll(() => serves(first)).toBe(true)
      expect(await serves(second)).toBe(true)
    } finally {
      await proxy?.[Symbol.asyncDispose]()
    }
  })

  it('[security-95] keeps descriptors for upstreams and admin when clients want all of them, and recovers', async () => {
    await start({}, ['prlimit', '--nofile=100:100'])
    try {
      const held = await holdConnections(first, 400)
      // What is in use before there are clients, and a reserve, are kept back (process/descriptor-limit).
      const turnedAway = (): number => held.filter(({ closed }) => closed).length
      // All of them by us, none by the system, which drops connections when a process has no descriptors left.
      const counted = async (): Promise<boolean> =>
        turnedAway() > 300 && turnedAway() === (await stat(first, 'downstream_global_cx_overflow'))
      await expect.poll(counted, { timeout: 5000 }).toBe(true)
      expect(turnedAway()).toBeLessThan(400)
      expect(processUsage(proxy?.child.pid ?? 0).descriptors).toBeLessThan(100)
      // One who got in is served, so there is a descriptor for its upstream.
      const answer = new Promise<string>(resolve => held[0]?.socket.once('data', part => resolve(part.toString())))
      held[0]?.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
      expect(await answer).toMatch(/^HTTP\/1\.1 200 /)
      release(held)
      await expect.poll(() => serves(second)).toBe(true)
      expect(proxy?.child.running()).toBe(true)
    } finally {
      await proxy?.[Symbol.asyncDispose]()
    }
  })
})
