import { DeltaDiscoveryResponse, DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { expect, test } from 'vitest'
import type { XdsResource } from '../types/resource.ts'
import { resourceField, sharedBytes } from './shared-bytes.ts'

const TYPE = 'type.googleapis.com/envoy.config.cluster.v3.Cluster'

function resource(name: string, bytes: Uint8Array = Buffer.from(`body of ${name}`)): XdsResource {
  return { name, typeUrl: TYPE, version: `v-${name}`, bytes }
}

function resources(count: number): readonly XdsResource[] {
  return Array.from({ length: count }, (_, i) => resource(`outbound|${i}||service-${i}.default.svc.cluster.local`))
}

test.each([0, 1, 500])('the pieces of %d resources are the fields of a response', count => {
  const list = resources(count)
  const sotw = DiscoveryResponse.decode(Buffer.concat(sharedBytes(list, 'sotw')))
  expect(sotw.resources.map(({ typeUrl, value }) => [typeUrl, Buffer.from(value).toString()])).toEqual(
    list.map(({ name }) => [TYPE, `body of ${name}`]),
  )
  const delta = DeltaDiscoveryResponse.decode(Buffer.concat(sharedBytes(list, 'delta')))
  expect(delta.resources.map(({ name, version, resource: any }) => [name, version, Buffer.from(any?.value ?? []).toString()])).toEqual(
    list.map(({ name }) => [name, `v-${name}`, `body of ${name}`]),
  )
})

test('what is empty is left out of the wire form, as protobuf does', () => {
  const empty = { name: '', typeUrl: TYPE, version: '', bytes: new Uint8Array() }
  expect(DeltaDiscoveryResponse.decode(resourceField(empty, 'delta')).resources).toMatchObject([{ name: '', version: '' }])
  expect(DiscoveryResponse.decode(resourceField(empty, 'sotw')).resources[0]?.typeUrl).toBe(TYPE)
})

test('lists that differ in one resource share the bytes of nearly all others; the same list has the same buffers', () => {
  const list = resources(2000)
  const before = sharedBytes(list, 'sotw')
  expect(sharedBytes(list, 'sotw')).toEqual(before)
  const changed = list.with(1000, resource('outbound|1000||service-1000.default.svc.cluster.local', Buffer.from('other')))
  const after = sharedBytes(changed, 'sotw')
  const shared = after.filter(buffer => before.includes(buffer))
  expect(before.length).toBeGreaterThan(20)
  expect(after.length - shared.length).toBeLessThanOrEqual(1)
  // One more in front moves everything, but the cuts stay where the names say.
  const longer = sharedBytes([resource('a-new-one'), ...list], 'sotw')
  expect(longer.filter(buffer => before.includes(buffer)).length).toBeGreaterThanOrEqual(before.length - 1)
})

test('pieces stay small, however large their resources are', () => {
  const list = Array.from({ length: 8 }, (_, i) => resource(`large-${i}`, Buffer.alloc(100 * 1024, i)))
  for (const piece of sharedBytes(list, 'sotw')) expect(piece.length).toBeLessThan(250 * 1024)
})
