import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { expect, it } from 'vitest'
import { encodedResourceName } from './resource-name.ts'

it('finds the name wherever it stands in the message', () => {
  const cluster = Cluster.encode(Cluster.fromPartial({ name: 'outbound|80||é', altStatName: 'x', lbPolicy: 1 })).finish()
  expect(encodedResourceName(cluster)).toBe('outbound|80||é')
  expect(encodedResourceName(ClusterLoadAssignment.encode(ClusterLoadAssignment.fromPartial({ clusterName: 'a' })).finish())).toBe('a')
  // Field 43, a varint and a fixed64 before field 1.
  expect(
    encodedResourceName(Buffer.from([0xda, 0x02, 0x01, 0x78, 0x10, 0xff, 0xff, 0x03, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x0a, 0x01, 0x61])),
  ).toBe('a')
})

it.each([[[]], [[0x0a]], [[0x0a, 0x05, 0x61]], [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]], [[0x0b, 0x61]]])(
  'finds none in %j',
  bytes => {
    expect(encodedResourceName(Uint8Array.from(bytes))).toBeUndefined()
  },
)
