import { expect, it } from 'vitest'
import { seal, type XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE } from '../types/type-urls.ts'
import { LayeredCache } from './layered-cache.ts'

function clusters(content: Readonly<Record<string, string>>): ReadonlyMap<string, Iterable<XdsResource>> {
  return new Map([[CLUSTER_TYPE, Object.entries(content).map(([name, text]) => seal(CLUSTER_TYPE, name, () => Buffer.from(text)))]])
}

function texts(cache: LayeredCache, view: string): Record<string, string> {
  return Object.fromEntries(
    [...(cache.resources(view, CLUSTER_TYPE) ?? [])].map(([name, { bytes }]) => [name, Buffer.from(bytes).toString()]),
  )
}

function twoViews(): { cache: LayeredCache; told: [string, readonly string[] | null][] } {
  const cache = new LayeredCache()
  cache.update('shared', clusters({ a: '1', b: '1' }))
  cache.update('own-x', clusters({ inbound: 'x' }))
  cache.update('own-y', clusters({ inbound: 'y', a: 'hidden' }))
  cache.setView('x', ['shared', 'own-x'])
  cache.setView('y', ['shared', 'own-y'])
  const told: [string, readonly string[] | null][] = []
  for (const view of ['x', 'y']) cache.watch(view, CLUSTER_TYPE, names => told.push([view, names === null ? null : [...names]]))
  return { cache, told }
}

it('shows each view its layers as one set, the earlier before the later', () => {
  const { cache } = twoViews()
  expect(texts(cache, 'x')).toEqual({ a: '1', b: '1', inbound: 'x' })
  expect(texts(cache, 'y')).toEqual({ a: '1', b: '1', inbound: 'y' })
  expect(cache.resources('x', ENDPOINT_TYPE)).toBeUndefined()
  expect(cache.resources('unknown', CLUSTER_TYPE)).toBeUndefined()
})

it('tells all views of a shared layer, and only those', () => {
  const { cache, told } = twoViews()
  cache.update('shared', clusters({ a: '2', b: '1' }))
  expect(told).toEqual([
    ['x', ['a']],
    ['y', ['a']],
  ])
  cache.update('own-y', clusters({ inbound: 'z' }))
  expect(told.slice(2)).toEqual([['y', ['inbound', 'a']]])
  expect(texts(cache, 'x')).toEqual({ a: '2', b: '1', inbound: 'x' })
})

it('leaves a set that it handed out as it was, and tells nobody of an equal one', () => {
  const { cache, told } = twoViews()
  const before = cache.resources('x', CLUSTER_TYPE)
  cache.update('shared', clusters({ a: '1', b: '1' }))
  expect(told).toEqual([])
  expect(cache.resources('x', CLUSTER_TYPE)).toBe(before)
  cache.update('shared', clusters({ a: '2' }))
  expect([...(before?.keys() ?? [])]).toEqual(['a', 'b', 'inbound'])
})

it('tells a view that gets other layers', () => {
  const { cache, told } = twoViews()
  cache.setView('x', ['shared', 'own-x'])
  expect(told).toEqual([])
  cache.setView('x', ['own-y'])
  expect(told).toEqual([['x', null]])
  expect(texts(cache, 'x')).toEqual({ inbound: 'y', a: 'hidden' })
  cache.drop('x')
  cache.dropLayer('own-x')
  expect(cache.viewKeys()).toEqual(['y'])
})
