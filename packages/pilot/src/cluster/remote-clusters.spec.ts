import { objectKeyText } from '@meshwork/config/kinds'
import { type ConfigBatch, type ConfigSource, keyOf, MemorySource } from '@meshwork/config/source'
import { silentLogger } from '@meshwork/core/log'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import { RemoteClusters } from './remote-clusters.ts'

function service(name: string): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ name: 'http', port: 80 }] } }
}

/** Of each cluster what is in force. */
function setup(): { clusters: RemoteClusters; names: (id: string) => readonly string[] | undefined } {
  const inForce = new Map<string, Set<string>>()
  const apply = (id: string, batch: ConfigBatch | undefined): void => {
    if (batch === undefined) {
      inForce.delete(id)
      return
    }
    const names = inForce.get(id) ?? new Set()
    inForce.set(id, names)
    for (const key of batch.deletes) names.delete(objectKeyText(key))
    for (const object of batch.upserts) names.add(objectKeyText(keyOf(object)))
  }
  const clusters = new RemoteClusters({ apply, clock: new ManualClock(), log: silentLogger })
  return { clusters, names: id => inForce.get(id) && [...(inForce.get(id) ?? [])].map(key => key.split('/').at(-1) ?? '') }
}

/** May not read anything, as with a token that has no rights. */
function deniedSource(): ConfigSource {
  const violations = [{ path: '', code: 'unreadable', message: 'forbidden', line: 1 }]
  const rejections = [{ key: undefined, origin: { file: 'kubernetes:/api/v1/services', line: 1 }, violations }]
  return {
    start: sink => {
      sink({ upserts: [], deletes: [], rejections })
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}

function place(id: string, fingerprint: string, source: ConfigSource): Parameters<RemoteClusters['put']>[0] {
  return { id, origin: `secret of ${id}`, fingerprint, open: () => source }
}

test('another source for a cluster takes the place of the one before once it has told everything', async () => {
  const { clusters, names } = setup()
  await clusters.put(place('west', '1', new MemorySource([service('a'), service('b')])))
  const next = new MemorySource([service('b'), service('c')])
  await clusters.put(place('west', '2', next))
  expect(names('west')?.toSorted()).toEqual(['b', 'c'])
  next.apply([service('d')])
  expect(names('west')?.toSorted()).toEqual(['b', 'c', 'd'])
})

test('what a new source may not read is not gone', async () => {
  const { clusters, names } = setup()
  await clusters.put(place('west', '1', new MemorySource([service('a')])))
  await clusters.put(place('west', '2', deniedSource()))
  expect(names('west')).toEqual(['a'])
  expect(clusters.states()).toMatchObject([{ id: 'west', syncStatus: 'syncing', problem: 'forbidden', objects: 1 }])
})

test('the same place is not followed twice, and a cluster that left is heard no more', async () => {
  const { clusters, names } = setup()
  const source = new MemorySource([service('a')])
  await clusters.put(place('west', '1', source))
  await clusters.put(place('west', '1', new MemorySource([service('other')])))
  expect(names('west')).toEqual(['a'])
  await clusters.remove('west')
  source.apply([service('b')])
  expect(names('west')).toBeUndefined()
  expect(clusters.states()).toEqual([])
})

test('a source that cannot be opened fails its cluster alone, and leaves what was read before', async () => {
  const { clusters, names } = setup()
  await clusters.put(place('west', '1', new MemorySource([service('a')])))
  await clusters.put(place('east', '1', new MemorySource([service('a')])))
  const open = (): never => {
    throw new Error('no kubeconfig')
  }
  await clusters.put({ id: 'west', origin: 'secret of west', fingerprint: '2', open })
  expect(names('west')).toEqual(['a'])
  expect(clusters.states()).toMatchObject([
    { id: 'east', syncStatus: 'synced' },
    { id: 'west', syncStatus: 'failed', problem: 'no kubeconfig' },
  ])
})
