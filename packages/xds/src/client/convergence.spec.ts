import { silentLogger } from '@meshwork/core/log'
import { ok } from '@meshwork/core/result'
import { ManualClock } from '@meshwork/testkit/clock'
import { XdsLink } from '@meshwork/testkit/xds'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LinearCache } from '../cache/linear-cache.ts'
import { muxCaches } from '../cache/mux-cache.ts'
import { SnapshotCache } from '../cache/snapshot-cache.ts'
import { XdsServer } from '../server/server.ts'
import { seal, type XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE } from '../types/type-urls.ts'
import { XdsClient } from './client.ts'
import type { ResourceType } from './resource-type.ts'

const VIEW = 'view'
/** The long form is a command of its own: `MESHWORK_RUNS=20000 vitest run --project unit convergence`. */
const RUNS = Number(process.env['MESHWORK_RUNS'] ?? 200)
const NODE = { id: 'n', cluster: '', metadata: {}, locality: { region: '', zone: '', subZone: '' }, userAgentName: '' }
const NAMES = ['a', 'b', 'c', 'd']

/** Anything that may happen, in any order. */
type Step =
  | { readonly kind: 'set'; readonly type: 'clusters' | 'endpoints'; readonly content: Readonly<Record<string, number>> }
  | { readonly kind: 'want'; readonly names: readonly string[] }
  | { readonly kind: 'to-server' }
  | { readonly kind: 'to-client' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'seed'; readonly content: Readonly<Record<string, number>> }

const content = fc.dictionary(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 3 }))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('set' as const), type: fc.constantFrom('clusters' as const, 'endpoints' as const), content }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('want' as const), names: fc.uniqueArray(fc.constantFrom(...NAMES)) }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'to-server' } as const) },
  { weight: 4, arbitrary: fc.constant({ kind: 'to-client' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'cut' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('seed' as const), content }) },
)

class World {
  readonly clusters = new Map<string, string>()
  readonly endpoints = new Map<string, string>()
  wanted: readonly string[] = []
  existing = { clusters: {}, endpoints: {} } as Record<'clusters' | 'endpoints', Readonly<Record<string, number>>>
  readonly clock = new ManualClock()
  readonly snapshot = new SnapshotCache()
  readonly linear = new LinearCache(ENDPOINT_TYPE)
  readonly server = new XdsServer({
    cache: muxCaches(new Map([[ENDPOINT_TYPE, this.linear]]), this.snapshot),
    clock: this.clock,
    log: silentLogger,
    hooks: { connected: () => ok(VIEW), disconnected: () => undefined, acked: () => undefined, nacked: () => undefined },
  })
  readonly link = new XdsLink(this.server, 2)
  readonly client: XdsClient

  constructor(variant: 'sotw' | 'delta') {
    this.client = new XdsClient({ node: NODE, variant, open: this.link.open, clock: this.clock, log: silentLogger })
    this.client.subscribe(mirror(CLUSTER_TYPE, true, this.clusters), { kind: 'everything' })
    this.client.subscribe(mirror(ENDPOINT_TYPE, false, this.endpoints), { kind: 'names', names: new Set() })
    this.client.start()
  }

  async run(step: Step): Promise<void> {
    if (step.kind === 'set') this.set(step.type, step.content)
    else if (step.kind === 'want') this.want(step.names)
    else if (step.kind === 'to-server') await this.link.deliverToServer()
    else if (step.kind === 'to-client') await this.link.deliverToClient()
    else if (step.kind === 'seed') this.seed(step.content)
    else this.link.cut()
  }

  async settle(): Promise<void> {
    this.clock.advance(60_000)
    await this.link.settle()
  }

  private set(type: 'clusters' | 'endpoints', values: Readonly<Record<string, number>>): void {
    this.existing[type] = values
    const typeUrl = type === 'clusters' ? CLUSTER_TYPE : ENDPOINT_TYPE
    const resources = sealed(typeUrl, values)
    if (type === 'clusters') this.snapshot.set(VIEW, CLUSTER_TYPE, resources)
    else this.linear.set(resources)
  }

  private seed(values: Readonly<Record<string, number>>): void {
    this.client.seed([...sealed(CLUSTER_TYPE, values), ...sealed(ENDPOINT_TYPE, values)])
  }

  private want(names: readonly string[]): void {
    this.wanted = names
    for (const name of [...this.endpoints.keys()]) if (!names.includes(name)) this.endpoints.delete(name)
    this.client.want(ENDPOINT_TYPE, { kind: 'names', names: new Set(names) })
  }
}

function mirror(typeUrl: string, absenceDeletes: boolean, into: Map<string, string>): Parameters<XdsClient['subscribe']>[0] {
  const type: ResourceType<unknown> = { typeUrl, absenceDeletes, decode: bytes => ok(Buffer.from(bytes).toString()) }
  return {
    type,
    apply: ({ changed, removed }) => {
      for (const name of removed) into.delete(name)
      for (const [name, value] of changed) into.set(name, String(value))
    },
  }
}

function sealed(typeUrl: string, values: Readonly<Record<string, number>>): readonly XdsResource[] {
  return Object.entries(values).map(([name, value]) => seal(typeUrl, name, () => Buffer.from(`${name}=${value}`)))
}

function texts(values: Readonly<Record<string, number>>, wanted: readonly string[] = NAMES): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => wanted.includes(name))
      .map(([name, value]) => [name, `${name}=${value}`]),
  )
}

it('asks for what it forgot when a stream breaks before the server heard that it wants it again', async () => {
  const world = new World('sotw')
  await world.run({ kind: 'set', type: 'clusters', content: {} })
  await world.run({ kind: 'set', type: 'endpoints', content: { d: 1 } })
  await world.run({ kind: 'want', names: ['d'] })
  await world.settle()
  await world.run({ kind: 'want', names: [] })
  await world.run({ kind: 'want', names: ['d'] })
  await world.run({ kind: 'cut' })
  await world.settle()
  expect(Object.fromEntries(world.endpoints)).toEqual({ d: 'd=1' })
  world.client.close()
})

it('hands over what was unwanted for a while, though the server never heard of it', async () => {
  const world = new World('sotw')
  await world.run({ kind: 'set', type: 'clusters', content: {} })
  await world.run({ kind: 'set', type: 'endpoints', content: { a: 3 } })
  await world.run({ kind: 'want', names: ['a', 'd'] })
  await world.settle()
  await world.run({ kind: 'set', type: 'endpoints', content: { a: 3, d: 1 } })
  await world.run({ kind: 'want', names: [] })
  await world.run({ kind: 'want', names: ['a'] })
  await world.settle()
  expect(Object.fromEntries(world.endpoints)).toEqual({ a: 'a=3' })
  world.client.close()
})

describe.each(['sotw', 'delta'] as const)('%s', variant => {
  it('ends where the server is, after any schedule of changes, deliveries, broken streams and copies of earlier days', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 60 }), async steps => {
        const world = new World(variant)
        await world.run({ kind: 'set', type: 'clusters', content: {} })
        await world.run({ kind: 'set', type: 'endpoints', content: {} })
        for (const each of steps) await world.run(each)
        await world.settle()
        expect(Object.fromEntries(world.clusters)).toEqual(texts(world.existing.clusters))
        const endpoints = Object.fromEntries(world.endpoints)
        const expected = texts(world.existing.endpoints, world.wanted)
        // State of the world has no word for endpoints that are gone; the client forgets them with their cluster.
        if (variant === 'delta') expect(endpoints).toEqual(expected)
        else expect(endpoints).toMatchObject(expected)
        world.client.close()
        expect([...world.server.clients()]).toEqual([])
      }),
      { numRuns: RUNS },
    )
  }, 60_000)
})
