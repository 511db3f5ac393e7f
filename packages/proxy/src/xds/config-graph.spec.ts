import { silentLogger } from '@meshwork/core/log'
import { err, ok, type Result } from '@meshwork/core/result'
import { ManualClock } from '@meshwork/testkit/clock'
import { ENDPOINT_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { describe, expect, it } from 'vitest'
import * as configs from '../engine/testdata/configs.ts'
import type { ClusterConfig, LoadAssignment } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { RouteTableConfig } from '../model/route.ts'
import type { ScopeConfig } from '../model/scoped-routes.ts'
import { ConfigGraph } from './config-graph.ts'
import type { DataPlane } from './data-plane.ts'

const NONE: ReadonlySet<string> = new Set()

/** Writes down what it is told. */
class Recorder implements DataPlane {
  readonly calls: string[] = []
  failing = new Set<string>()

  setCluster = (config: ClusterConfig): void => void this.calls.push(`+cluster ${config.name}`)
  removeCluster = (name: string): void => void this.calls.push(`-cluster ${name}`)
  setEndpoints = (load: LoadAssignment): void => void this.calls.push(`endpoints ${load.clusterName}`)
  setRouteTable = (config: RouteTableConfig): void => void this.calls.push(`+routes ${config.name}`)
  removeRouteTable = (name: string): void => void this.calls.push(`-routes ${name}`)
  setScope = (config: ScopeConfig): void => void this.calls.push(`+scope ${config.name}`)
  removeScope = (name: string): void => void this.calls.push(`-scope ${name}`)
  removeListener = (name: string): void => void this.calls.push(`-listener ${name}`)

  setListener(config: ListenerConfig): Promise<Result<void, string>> {
    if (this.failing.has(config.name)) return Promise.resolve(err('address in use'))
    this.calls.push(`+listener ${config.name}`)
    return Promise.resolve(ok(undefined))
  }

  taken(): string[] {
    return this.calls.splice(0)
  }
}

class Rig {
  readonly plane = new Recorder()
  readonly clock = new ManualClock()
  readonly interest = new Map<string, readonly string[]>()
  readonly refused: string[] = []
  readonly graph = new ConfigGraph({
    dataPlane: this.plane,
    clock: this.clock,
    log: silentLogger,
    interest: (typeUrl, names) => void this.interest.set(typeUrl, [...names]),
    refused: (_typeUrl, name, reason) => void this.refused.push(`${name}: ${reason}`),
  })

  clusters(changed: readonly ClusterConfig[], removed: readonly string[] = []): void {
    this.graph.applyClusters({ changed: byName(changed), removed: new Set(removed), refused: NONE })
  }

  endpoints(...names: string[]): void {
    const loads = names.map(clusterName => configs.assignment(clusterName, []))
    this.graph.applyEndpoints({ changed: new Map(loads.map(load => [load.clusterName, load])), removed: NONE, refused: NONE })
  }

  async tables(...tables: RouteTableConfig[]): Promise<void> {
    this.graph.applyTables({ changed: byName(tables), removed: NONE, refused: NONE })
    await settled()
  }

  async refuseTables(...names: string[]): Promise<void> {
    this.graph.applyTables({ changed: new Map(), removed: NONE, refused: new Set(names) })
    await settled()
  }

  async listeners(changed: readonly ListenerConfig[], removed: readonly string[] = []): Promise<void> {
    this.graph.applyListeners({ changed: byName(changed), removed: new Set(removed), refused: NONE })
    await settled()
  }
}

async function settled(): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
}

function byName<T extends { readonly name: string }>(values: readonly T[]): ReadonlyMap<string, T> {
  return new Map(values.map(value => [value.name, value]))
}

function cluster(name: string, discovery: ClusterConfig['discovery'] = { kind: 'eds', serviceName: name }): ClusterConfig {
  return configs.cluster(name, [], { discovery })
}

function table(name: string, ...clusters: string[]): RouteTableConfig {
  const action = configs.routeAction(clusters.map(each => [each, 1]))
  return configs.routeTable(name, [configs.virtualHost(['*'], [configs.route('/', action)])])
}

function listener(name: string, routes: string): ListenerConfig {
  return configs.listener(name, [configs.chain(configs.manager({ kind: 'rds', name: routes }))])
}

describe('ConfigGraph', () => {
  it('installs clusters with their endpoints, then routes, then listeners, in whatever order they come', async () => {
    const rig = new Rig()
    await rig.listeners([listener('l', '80')])
    rig.clusters([cluster('a'), cluster('b', { kind: 'original-dst', header: null, portOverride: null, cleanupMs: 5000 })])
    await rig.tables(table('80', 'a', 'nowhere'))
    expect(rig.interest.get(ENDPOINT_TYPE)).toEqual(['a'])
    expect(rig.interest.get(ROUTE_TYPE)).toEqual(['80'])
    expect(rig.plane.taken()).toEqual(['+cluster b'])
    expect(rig.graph.waiting).toEqual({ clusters: ['a'], routes: ['80'], listeners: ['l'] })
    rig.endpoints('a')
    await settled()
    expect(rig.plane.taken()).toEqual(['+cluster a', 'endpoints a', '+routes 80', '+listener l'])
    expect(rig.graph.isSettled).toBe(true)
    expect(rig.clock.pendingTimers).toBe(0)
  })

  it('goes on without endpoints and routes that do not come in time', async () => {
    const rig = new Rig()
    rig.clusters([cluster('a')])
    await rig.listeners([listener('l', '80')])
    rig.clock.advance(14_999)
    expect(rig.plane.taken()).toEqual([])
    rig.clock.advance(1)
    await settled()
    expect(rig.plane.taken()).toEqual(['+cluster a', '+listener l'])
    await rig.tables(table('80', 'a'))
    rig.endpoints('a')
    expect(rig.plane.taken()).toEqual(['+routes 80', 'endpoints a'])
  })

  it('goes on at once when the server says that there is none', async () => {
    const rig = new Rig()
    rig.clusters([cluster('a')])
    rig.graph.applyEndpoints({ changed: new Map(), removed: new Set(['a']), refused: NONE })
    expect(rig.plane.taken()).toEqual(['+cluster a'])
  })

  it('goes on at once when the first form of what it waits for was refused', async () => {
    const rig = new Rig()
    rig.clusters([cluster('a')])
    await rig.listeners([listener('l', '80')])
    rig.graph.applyEndpoints({ changed: new Map(), removed: NONE, refused: new Set(['a']) })
    expect(rig.plane.taken()).toEqual(['+cluster a'])
    await rig.refuseTables('80')
    expect(rig.plane.taken()).toEqual(['+listener l'])
    // Nor does a later listener with the same routes wait.
    await rig.listeners([listener('m', '90'), listener('n', '80')])
    expect(rig.plane.taken()).toEqual(['+listener n'])
    expect(rig.graph.waiting.listeners).toEqual(['m'])
    await rig.tables(table('80', 'a'), table('90', 'a'))
    expect(rig.plane.taken()).toEqual(['+routes 80', '+routes 90', '+listener m'])
    expect(rig.clock.pendingTimers).toBe(0)
  })

  it('installs the first listeners together', async () => {
    const rig = new Rig()
    await rig.listeners([listener('l', '80'), listener('m', '90')])
    await rig.tables(table('80', 'a'))
    expect(rig.plane.taken()).toEqual(['+routes 80'])
    await rig.tables(table('90', 'a'))
    expect(rig.plane.taken()).toEqual(['+routes 90', '+listener l', '+listener m'])
  })

  it('keeps the last good routes when a new form of them is refused', async () => {
    const rig = new Rig()
    await rig.listeners([listener('l', '80')])
    await rig.tables(table('80', 'a'))
    rig.plane.taken()
    await rig.refuseTables('80')
    expect(rig.plane.taken()).toEqual([])
    expect(rig.graph.isSettled).toBe(true)
  })

  it('keeps the old routes until the clusters of the new ones are there, and removes last', async () => {
    const rig = new Rig()
    rig.clusters([cluster('old')])
    rig.endpoints('old')
    await rig.listeners([listener('l', '80')])
    await rig.tables(table('80', 'old'))
    rig.plane.taken()
    rig.clusters([cluster('new')], ['old'])
    await rig.tables(table('80', 'new'))
    expect(rig.plane.taken()).toEqual([])
    rig.endpoints('new')
    expect(rig.plane.taken()).toEqual(['+cluster new', 'endpoints new', '+routes 80', '-cluster old'])
    expect(rig.interest.get(ENDPOINT_TYPE)).toEqual(['new'])
  })

  it('keeps the old routes for a while when the clusters of the new ones are defined nowhere yet', async () => {
    const rig = new Rig()
    rig.clusters([cluster('old')])
    rig.endpoints('old')
    await rig.listeners([listener('l', '80')])
    await rig.tables(table('80', 'old'))
    rig.plane.taken()
    await rig.tables(table('80', 'old', 'late'))
    rig.clock.advance(1999)
    expect(rig.plane.taken()).toEqual([])
    rig.clusters([cluster('late')])
    rig.endpoints('late')
    expect(rig.plane.taken()).toEqual(['+cluster late', 'endpoints late', '+routes 80'])
    await rig.tables(table('80', 'nowhere'))
    rig.clock.advance(2000)
    // Its requests are answered 503 now, and another change of it does not wait again.
    await rig.tables(table('80', 'nowhere', 'old'))
    expect(rig.plane.taken()).toEqual(['+routes 80', '+routes 80'])
    expect(rig.clock.pendingTimers).toBe(0)
  })

  it('keeps a deleted cluster for a while for routes that name it', async () => {
    const rig = new Rig()
    rig.clusters([cluster('a')])
    rig.endpoints('a')
    await rig.listeners([listener('l', '80')])
    await rig.tables(table('80', 'a'))
    rig.plane.taken()
    rig.clusters([], ['a'])
    expect(rig.plane.taken()).toEqual([])
    rig.clock.advance(5000)
    expect(rig.plane.taken()).toEqual(['-cluster a'])
  })

  it('keeps a deleted cluster for its own while, not for the rest of that of another one', async () => {
    const rig = new Rig()
    rig.clusters([cluster('a')])
    rig.endpoints('a')
    await rig.listeners([listener('l', '80')])
    await rig.tables(table('80', 'a'))
    rig.clusters([cluster('b')], ['a'])
    rig.endpoints('b')
    rig.clock.advance(4000)
    await rig.tables(table('80', 'b'))
    rig.plane.taken()
    rig.clusters([cluster('c')], ['b'])
    rig.endpoints('c')
    rig.clock.advance(2000)
    expect(rig.plane.taken()).not.toContain('-cluster b')
    await rig.tables(table('80', 'c'))
    expect(rig.plane.taken()).toEqual(['+routes 80', '-cluster b'])
    expect(rig.clock.pendingTimers).toBe(0)
  })

  it('removes a listener, then its routes, then their clusters', async () => {
    const rig = new Rig()
    rig.clusters([cluster('a')])
    rig.endpoints('a')
    await rig.listeners([listener('l', '80')])
    await rig.tables(table('80', 'a'))
    rig.plane.taken()
    rig.clusters([], ['a'])
    await rig.listeners([], ['l'])
    expect(rig.plane.taken()).toEqual(['-listener l', '-routes 80', '-cluster a'])
    expect(rig.interest.get(ROUTE_TYPE)).toEqual([])
  })

  it('reports a listener that cannot be bound, and binds it once its address is free', async () => {
    const rig = new Rig()
    await rig.listeners([listener('old', '80')])
    await rig.tables(table('80', 'a'))
    rig.plane.failing.add('new')
    await rig.listeners([listener('new', '80')])
    expect(rig.refused).toEqual(['new: address in use'])
    expect(rig.plane.taken()).toEqual(['+routes 80', '+listener old'])
    rig.plane.failing.clear()
    await rig.listeners([], ['old'])
    expect(rig.plane.taken()).toEqual(['-listener old', '+listener new'])
    rig.graph.close()
    expect(rig.clock.pendingTimers).toBe(0)
  })

  it('binds the newest form of a listener that changed while it was being bound', async () => {
    const rig = new Rig()
    await rig.listeners([listener('l', '80')])
    rig.graph.applyTables({ changed: byName([table('80')]), removed: NONE, refused: NONE })
    await rig.listeners([listener('l', '90')])
    expect(rig.plane.taken()).toEqual(['+routes 80', '+listener l'])
    await rig.tables(table('90'))
    expect(rig.plane.taken()).toEqual(['+routes 90', '+listener l', '-routes 80'])
  })
})
