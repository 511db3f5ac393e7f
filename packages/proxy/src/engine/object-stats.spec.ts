import { afterEach, beforeEach, expect, test } from 'vitest'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

function seen(prefix: string): Record<string, number> {
  const values = [...harness.stats.metrics()]
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, slot }) => [name.slice(prefix.length), harness.stats.value(slot)] as const)
  return Object.fromEntries(values.filter(([, value]) => value > 0))
}

test('clusters that are added, changed, set again and removed', () => {
  harness.engine.setCluster(cluster('a', [endpoint(1)]))
  harness.engine.setCluster(cluster('a', [endpoint(1)]))
  harness.engine.setCluster(cluster('a', [endpoint(2)]))
  harness.engine.setCluster(cluster('b', [endpoint(1)]))
  harness.engine.removeCluster('b')
  harness.engine.removeCluster('never there')
  expect(seen('cluster_manager.')).toEqual({ cluster_added: 2, cluster_modified: 1, cluster_removed: 1, active_clusters: 1 })
})

test('listeners that are added, changed in place, refused and removed', async () => {
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const wanted = listener('main', [chain(manager({ kind: 'inline', table }))])
  await harness.engine.setListener(wanted)
  await harness.engine.setListener(wanted)
  const unknown = { ...wanted, name: 'nowhere', address: { kind: 'tcp', host: '192.0.2.1', port: 1 } } as const
  expect((await harness.engine.setListener(unknown)).kind).toBe('err')
  expect(seen('listener_manager.')).toMatchObject({
    listener_added: 1,
    listener_modified: 1,
    listener_in_place_updated: 1,
    listener_create_success: 2,
    listener_create_failure: 1,
    total_listeners_active: 1,
    workers_started: 1,
  })
  harness.engine.removeListener('main')
  expect(seen('listener_manager.')).toMatchObject({ listener_removed: 1 })
  expect(seen('listener_manager.')).not.toHaveProperty('total_listeners_active')
})
