import { describe, expect, it } from 'vitest'
import { seal, type XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE } from '../types/type-urls.ts'
import { LinearCache } from './linear-cache.ts'
import { muxCaches } from './mux-cache.ts'
import { SnapshotCache } from './snapshot-cache.ts'

function resource(name: string, content: string, encoded: string[] = []): XdsResource {
  return seal(CLUSTER_TYPE, name, () => {
    encoded.push(name)
    return Buffer.from(content)
  })
}

/** What watchers were told, as sorted lists. */
function recorder(): { readonly told: unknown[]; readonly listen: (names: ReadonlySet<string> | null) => void } {
  const told: unknown[] = []
  return { told, listen: names => void told.push(names === null ? null : [...names].toSorted()) }
}

describe('SnapshotCache', () => {
  it('tells the names that were added, changed or removed, and only the views concerned', () => {
    const cache = new SnapshotCache()
    const mine = recorder()
    const other = recorder()
    cache.watch('v', CLUSTER_TYPE, mine.listen)
    cache.watch('w', CLUSTER_TYPE, other.listen)
    cache.set('v', CLUSTER_TYPE, [resource('a', '1'), resource('b', '1'), resource('c', '1')])
    cache.set('v', CLUSTER_TYPE, [resource('a', '1'), resource('b', '2'), resource('d', '1')])
    cache.set('v', CLUSTER_TYPE, [resource('a', '1'), resource('b', '2'), resource('d', '1')])
    expect(mine.told).toEqual([null, ['b', 'c', 'd']])
    expect(other.told).toEqual([])
  })

  it('does not encode what is the same object as before', () => {
    const cache = new SnapshotCache()
    const encoded: string[] = []
    const same = resource('a', '1', encoded)
    cache.set('v', CLUSTER_TYPE, [same])
    cache.set('v', CLUSTER_TYPE, [same])
    expect(encoded).toEqual([])
  })

  it('shows all types of an update before it tells of the first', () => {
    const cache = new SnapshotCache()
    cache.set('v', CLUSTER_TYPE, [])
    cache.set('v', ENDPOINT_TYPE, [])
    let seen: unknown
    cache.watch('v', CLUSTER_TYPE, () => (seen = cache.resources('v', ENDPOINT_TYPE)?.size))
    cache.update(
      'v',
      new Map([
        [CLUSTER_TYPE, [resource('a', '1')]],
        [ENDPOINT_TYPE, [resource('a', '1')]],
      ]),
    )
    expect(seen).toBe(1)
  })

  it('forgets a dropped view', () => {
    const cache = new SnapshotCache()
    cache.set('v', CLUSTER_TYPE, [])
    cache.drop('v')
    expect(cache.resources('v', CLUSTER_TYPE)).toBeUndefined()
    expect(cache.viewKeys()).toEqual([])
  })

  it('tells nobody who stopped watching, even during a notification', () => {
    const cache = new SnapshotCache()
    const second = recorder()
    let stopSecond = (): void => undefined
    cache.watch('v', CLUSTER_TYPE, () => stopSecond())
    stopSecond = cache.watch('v', CLUSTER_TYPE, second.listen)
    cache.set('v', CLUSTER_TYPE, [])
    expect(second.told).toEqual([])
  })
})

describe('LinearCache', () => {
  it('tells every view of each change, and of none that changes nothing', () => {
    const cache = new LinearCache(CLUSTER_TYPE)
    const { told, listen } = recorder()
    cache.watch('any', CLUSTER_TYPE, listen)
    expect(cache.resources('any', CLUSTER_TYPE)).toBeUndefined()
    cache.apply([resource('a', '1')])
    cache.apply([resource('a', '1')])
    cache.apply([resource('a', '2'), resource('b', '1')])
    cache.apply([], ['a', 'nobody'])
    cache.set([resource('c', '1')])
    expect(told).toEqual([null, ['a', 'b'], ['a'], ['b', 'c']])
    expect([...(cache.resources('other', CLUSTER_TYPE)?.keys() ?? [])]).toEqual(['c'])
  })

  it('knows its own type only', () => {
    const cache = new LinearCache(CLUSTER_TYPE)
    cache.set([])
    expect(cache.resources('v', ENDPOINT_TYPE)).toBeUndefined()
  })
})

describe('muxCaches', () => {
  it('asks the cache of the type, and the other one for the rest', () => {
    const linear = new LinearCache(ENDPOINT_TYPE)
    const snapshot = new SnapshotCache()
    const cache = muxCaches(new Map([[ENDPOINT_TYPE, linear]]), snapshot)
    const { told, listen } = recorder()
    cache.watch('v', ENDPOINT_TYPE, listen)
    linear.set([resource('a', '1')])
    snapshot.set('v', CLUSTER_TYPE, [resource('b', '1')])
    expect([...(cache.resources('v', ENDPOINT_TYPE)?.keys() ?? [])]).toEqual(['a'])
    expect([...(cache.resources('v', CLUSTER_TYPE)?.keys() ?? [])]).toEqual(['b'])
    expect(told).toEqual([null])
  })
})
