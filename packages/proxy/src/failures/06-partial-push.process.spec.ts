import { setTimeout as sleep } from 'node:timers/promises'
import {
  dynamicCluster,
  dynamicHttpFilter,
  endpoints,
  fromControlPlane,
  type Json,
  listener,
  routeTable,
  StaticProxy,
} from '@meshwork/testkit/bootstrap'
import { BackendProcess, CountedLoad, figures, Relay, tally } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { jsonResources, TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { afterAll, beforeAll, expect, it } from 'vitest'

const TYPES = [CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE] as const
/** Cut points of a push, spread over its bytes. With MESHWORK_ALL_CUTS=1 every byte is one, which takes some minutes. */
const CUTS = 40
const EVERY_CUT = process.env['MESHWORK_ALL_CUTS'] === '1'
const CONVERGED_LIMIT_MS = 10_000
/** Between the parts of a push that comes in parts. */
const PART_MS = 25

/** Two whole configurations of one service, which share no name but those of the listener and its table. */
class Rig implements AsyncDisposable {
  readonly entry: number
  readonly pilot: TestControlPlane
  readonly relay: Relay
  private readonly backends: readonly BackendProcess[]
  private readonly proxy: StaticProxy
  private form = 0

  private constructor(entry: number, pilot: TestControlPlane, relay: Relay, backends: readonly BackendProcess[], proxy: StaticProxy) {
    this.entry = entry
    this.pilot = pilot
    this.relay = relay
    this.backends = backends
    this.proxy = proxy
  }

  static async start(): Promise<Rig> {
    const backends = await BackendProcess.startAll(2)
    const [entry = 0, adminPort = 0] = await freePorts(2)
    const pilot = new TestControlPlane()
    pilot.set(jsonResources(resources(entry, backends, 0)))
    await pilot.start()
    const relay = await Relay.listen(Number(pilot.address.split(':')[1]))
    const proxy = await StaticProxy.start('proxy', fromControlPlane(relay.port, adminPort))
    return new Rig(entry, pilot, relay, backends, proxy)
  }

  /** The other configuration, in the order of these types: all at once, or with a pause between them. */
  async change(order: readonly string[], pauseMs: number): Promise<void> {
    this.form++
    const next = resources(this.entry, this.backends, this.form)
    if (pauseMs === 0) {
      this.pilot.set(jsonResources(next))
      return
    }
    for (const type of order) {
      this.pilot.set(jsonResources({ [type]: next[type] ?? [] }))
      await sleep(pauseMs)
    }
  }

  /** Resolves when requests go where the present configuration says. */
  async converged(): Promise<void> {
    const wanted = `backend-${this.form % 2} `
    const begunAt = performance.now()
    for (;;) {
      const reply = await fetch(`http://127.0.0.1:${this.entry}/probe`)
      if ((await reply.text()).startsWith(wanted)) return
      if (performance.now() - begunAt > CONVERGED_LIMIT_MS) throw new Error(`form ${this.form} did not arrive`)
      await sleep(5)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]()
    this.pilot.stop()
    await Promise.all([this.relay[Symbol.asyncDispose](), ...this.backends.map(backend => backend.kill())])
  }
}

/** Each form has clusters of its own name, and a listener that differs too. */
function resources(entry: number, backends: readonly BackendProcess[], form: number): Record<string, readonly Json[]> {
  const name = `service-${form}`
  return {
    [CLUSTER_TYPE]: [dynamicCluster(name)],
    [ENDPOINT_TYPE]: [endpoints(name, backends[form % 2]?.port ?? 0)],
    [LISTENER_TYPE]: [listener(entry, { ...dynamicHttpFilter('main'), name: `http-${form}` })],
    [ROUTE_TYPE]: [routeTable('main', name)],
  }
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items]
  return items.flatMap(first => permutations(items.filter(item => item !== first)).map(rest => [first, ...rest]))
}

let rig: Rig
beforeAll(async () => {
  rig = await Rig.start()
})
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]()
})

it(
  '[failure-6] a push that is cut anywhere costs no request, and arrives whole when the stream is back',
  { timeout: 1_200_000 },
  async () => {
    const before = rig.relay.passed.toClient
    await rig.change(TYPES, 0)
    await rig.converged()
    await sleep(100)
    const pushBytes = rig.relay.passed.toClient - before
    const step = EVERY_CUT ? 1 : Math.ceil(pushBytes / CUTS)
    const load = new CountedLoad({ port: rig.entry, ratePerSecond: 200 })
    let cuts = 0
    for (let offset = 0; offset < pushBytes; offset += step) {
      rig.relay.cutAfter(offset)
      await rig.change(TYPES, 0)
      await rig.converged()
      cuts++
    }
    const { sent, lost } = tally(await load.stop(), [], 0)
    figures('failure-6 cut', { pushBytes, cuts, connections: rig.relay.connections, sent, lost: lost.length })
    expect(lost).toEqual([])
    // Else nothing was cut.
    expect(rig.relay.connections).toBeGreaterThan(cuts / 2)
  },
)

it('[failure-6] a push that comes in parts costs no request, in whatever order they come', async () => {
  const load = new CountedLoad({ port: rig.entry, ratePerSecond: 200 })
  const orders = permutations(TYPES)
  for (const order of orders) {
    await rig.change(order, PART_MS)
    await rig.converged()
  }
  const { sent, lost } = tally(await load.stop(), [], 0)
  figures('failure-6 in parts', { orders: orders.length, sent, lost: lost.length })
  expect(lost).toEqual([])
})
