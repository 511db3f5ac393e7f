import { silentLogger } from '@meshwork/core/log'
import { err, ok } from '@meshwork/core/result'
import { Backoff, type Clock } from '@meshwork/core/time'
import { LayeredCache } from '../cache/layered-cache.ts'
import { XdsClient } from '../client/client.ts'
import type { ResourceType } from '../client/resource-type.ts'
import { XdsServer } from '../server/server.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '../types/type-urls.ts'
import { Random } from './random.ts'
import { FIRST_STATE, type MeshState, nextState, store, textsOf, VIEW } from './simulated-mesh.ts'
import { SimulatedWire } from './simulated-wire.ts'

/** A clock that the simulation moves. */
export interface SimulatedClock extends Clock {
  advance(ms: number): void
}

const NODE = { id: 'n', cluster: '', metadata: {}, locality: { region: '', zone: '', subZone: '' }, userAgentName: '' }
const STEPS = 60
/** More deliveries than this without coming to rest is a loop. */
const MOST_DELIVERIES = 2_000

/** One run of a client and a server through a schedule that follows from a seed. Returns the invariants that were broken. */
export async function simulate(seed: number, clock: SimulatedClock): Promise<readonly string[]> {
  const run = new Simulation(seed, clock)
  return run.all()
}

class Simulation {
  private readonly random: Random
  private readonly clock: SimulatedClock
  private readonly variant: 'sotw' | 'delta'
  private readonly broken: string[] = []
  private readonly held = new Map([CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE].map(type => [type, new Map<string, string>()]))
  private state: MeshState = FIRST_STATE
  private cache = new LayeredCache()
  private readonly wire: SimulatedWire
  private readonly client: XdsClient
  private refusals = 0

  constructor(seed: number, clock: SimulatedClock) {
    this.random = new Random(seed)
    this.clock = clock
    this.variant = this.random.chance(50) ? 'sotw' : 'delta'
    store(this.cache, this.state)
    this.wire = new SimulatedWire(this.server())
    this.client = this.makeClient()
  }

  async all(): Promise<readonly string[]> {
    this.client.start()
    for (let step = 0; step < STEPS; step++) {
      this.step()
      await turn()
    }
    // What was refused is mended in the end, so that there is one right state to end in.
    this.change({ ...this.state, bad: new Set() }, true)
    await this.settle()
    this.compare()
    await this.isAtRest()
    this.client.close()
    return [...this.broken, ...this.wire.broken]
  }

  private step(): void {
    const dice = this.random.below(100)
    if (dice < 30) this.change(nextState(this.state, this.random), false)
    else if (dice < 90) this.wire.move(this.random)
    else if (dice < 94) this.wire.cut()
    else if (dice < 96) this.restart()
    else this.clock.advance(this.random.below(5_000))
  }

  /** `mend` gives every refused resource another form. */
  private change(state: MeshState, mend: boolean): void {
    const clusters = mend ? new Map([...state.clusters].map(([name, version]) => [name, version + 100])) : state.clusters
    this.state = { ...state, clusters }
    store(this.cache, this.state)
  }

  /** A new process: nothing is remembered but the configuration. */
  private restart(): void {
    this.cache = new LayeredCache()
    store(this.cache, this.state)
    this.wire.restart(this.server())
  }

  private async settle(): Promise<void> {
    for (let delivered = 0; delivered < MOST_DELIVERIES;) {
      await turn()
      if (this.wire.move(this.random)) delivered++
      else if (this.client.connected && this.isCaughtUp()) return
      else {
        this.clock.advance(1_000)
        delivered += 10
      }
    }
    this.broken.push('no rest: messages go back and forth without end, or the client never gets there')
  }

  private isCaughtUp(): boolean {
    return this.differences().length === 0
  }

  private compare(): void {
    this.broken.push(...this.differences())
  }

  private differences(): readonly string[] {
    return [...textsOf(this.state)].flatMap(([type, expected]) => {
      const held = this.held.get(type) ?? new Map<string, string>()
      const missing = [...expected].filter(([name, text]) => this.wants(type, name) && held.get(name) !== text)
      // State of the world has no word for endpoints and routes that are gone.
      const absence = this.variant === 'delta' || type === CLUSTER_TYPE || type === LISTENER_TYPE
      const extra = absence ? [...held.keys()].filter(name => !expected.has(name)) : []
      return [...missing.map(([, text]) => `the client lacks '${text}'`), ...extra.map(name => `the client still has ${type} ${name}`)]
    })
  }

  private wants(type: string, name: string): boolean {
    if (type === ENDPOINT_TYPE) return this.held.get(CLUSTER_TYPE)?.has(name) === true
    return type !== ROUTE_TYPE || this.held.get(LISTENER_TYPE)?.has(name) === true
  }

  /** Time alone makes neither end speak. */
  private async isAtRest(): Promise<void> {
    const before = this.refusals
    this.clock.advance(60_000)
    await turn()
    let moved = 0
    while (moved < MOST_DELIVERIES && this.wire.move(this.random)) {
      moved++
      await turn()
    }
    if (moved > 20 || this.refusals > before) this.broken.push(`${moved} messages and ${this.refusals - before} refusals without a change`)
  }

  private server(): XdsServer {
    return new XdsServer({
      cache: this.cache,
      clock: this.clock,
      log: silentLogger,
      hooks: {
        connected: () => ok(VIEW),
        disconnected: () => undefined,
        acked: () => undefined,
        nacked: () => void this.refusals++,
      },
    })
  }

  private makeClient(): XdsClient {
    const { open } = this.wire
    const backoff = new Backoff({ initialMs: 100, maxMs: 1_000 })
    const client = new XdsClient({ node: NODE, variant: this.variant, open, clock: this.clock, log: silentLogger, backoff })
    const everything = { kind: 'everything' } as const
    const nothing = { kind: 'names', names: new Set<string>() } as const
    client.subscribe({ type: this.type(CLUSTER_TYPE, true), apply: update => this.apply(client, CLUSTER_TYPE, update) }, everything)
    client.subscribe({ type: this.type(ENDPOINT_TYPE, false), apply: update => this.apply(client, ENDPOINT_TYPE, update) }, nothing)
    client.subscribe({ type: this.type(LISTENER_TYPE, true), apply: update => this.apply(client, LISTENER_TYPE, update) }, everything)
    client.subscribe({ type: this.type(ROUTE_TYPE, false), apply: update => this.apply(client, ROUTE_TYPE, update) }, nothing)
    return client
  }

  private type(typeUrl: string, absenceDeletes: boolean): ResourceType<string> {
    const decode = (bytes: Uint8Array): ReturnType<ResourceType<string>['decode']> => {
      const text = Buffer.from(bytes).toString()
      return this.state.bad.has(text) ? err([{ path: '', code: 'bad', message: `${text} is bad` }]) : ok(text)
    }
    return { typeUrl, absenceDeletes, decode }
  }

  /** As a proxy does: clusters say which endpoints are wanted, listeners which routes. */
  private apply(client: XdsClient, typeUrl: string, update: { changed: ReadonlyMap<string, string>; removed: ReadonlySet<string> }): void {
    const held = this.held.get(typeUrl)
    if (held === undefined) return
    const running = typeUrl === ROUTE_TYPE ? new Map(held) : null
    for (const name of update.removed) held.delete(name)
    for (const [name, text] of update.changed) held.set(name, text)
    if (running !== null) this.checkRoutes(update.changed, running)
    if (typeUrl !== CLUSTER_TYPE && typeUrl !== LISTENER_TYPE) return
    const dependent = typeUrl === CLUSTER_TYPE ? ENDPOINT_TYPE : ROUTE_TYPE
    const ofDependent = this.held.get(dependent)
    for (const name of [...(ofDependent?.keys() ?? [])]) if (!held.has(name)) ofDependent?.delete(name)
    client.want(dependent, { kind: 'names', names: new Set(held.keys()) })
  }

  /** A changed route must not lead to what the client cannot use: a cluster that it does not have, or has no endpoints for. */
  private checkRoutes(changed: ReadonlyMap<string, string>, running: ReadonlyMap<string, string>): void {
    for (const [name, text] of changed) {
      if (!running.has(name)) continue
      const cluster = text.split('=')[1] ?? ''
      if (this.held.get(CLUSTER_TYPE)?.has(cluster) !== true) this.broken.push(`${text} before its cluster`)
    }
  }
}

/** Lets microtasks run: both ends gather what belongs together in them. */
function turn(): Promise<void> {
  return Promise.resolve()
    .then(() => undefined)
    .then(() => undefined)
    .then(() => undefined)
}
