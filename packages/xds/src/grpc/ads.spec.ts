import { silentLogger } from '@meshwork/core/log'
import { err, ok } from '@meshwork/core/result'
import { Backoff, systemClock } from '@meshwork/core/time'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { credentials, status } from '@grpc/grpc-js'
import { AggregatedDiscoveryServiceClient } from '@meshwork/protos/envoy/service/discovery/v3/ads'
import { DiscoveryRequest } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ResourceType } from '../client/resource-type.ts'
import { XdsClient } from '../client/client.ts'
import { seal, type XdsResource } from '../types/resource.ts'
import { CLUSTER_TYPE } from '../types/type-urls.ts'
import { grpcTarget } from './address.ts'
import { type AdsConnection, connectAds } from './connect.ts'

const NODE = {
  id: 'sidecar~1',
  cluster: 'c',
  metadata: { LABELS: { app: 'a' } },
  locality: { region: 'r', zone: '', subZone: '' },
  userAgentName: 'test',
}

/** Accepts clusters whose `altStatName` does not start with `bad`. */
const clusterType: ResourceType<string> = {
  typeUrl: CLUSTER_TYPE,
  absenceDeletes: true,
  decode: bytes => {
    const { altStatName } = Cluster.decode(bytes)
    if (!altStatName.startsWith('bad')) return ok(altStatName)
    return err([
      { path: 'alt_stat_name', code: 'bad', message: 'is bad' },
      { path: 'name', code: 'bad', message: 'is bad too' },
    ])
  },
}

function cluster(name: string, altStatName: string): XdsResource {
  return seal(CLUSTER_TYPE, name, () => Cluster.encode(Cluster.fromPartial({ name, altStatName })).finish())
}

class Rig {
  readonly controlPlane = new TestControlPlane()
  readonly held = new Map<string, string>()
  applied = 0
  private connection: AdsConnection | null = null
  private client: XdsClient | null = null

  async start(variant: 'sotw' | 'delta', clusters: readonly XdsResource[]): Promise<void> {
    this.set(clusters)
    await this.controlPlane.start()
    this.connection = connectAds(this.controlPlane.address)
    this.client = new XdsClient({
      node: NODE,
      variant,
      open: this.connection.open,
      clock: systemClock,
      log: silentLogger,
      backoff: new Backoff({ initialMs: 20, maxMs: 50 }),
    })
    this.client.subscribe(
      {
        type: clusterType,
        apply: ({ changed, removed }) => {
          this.applied++
          for (const name of removed) this.held.delete(name)
          for (const [name, value] of changed) this.held.set(name, value)
        },
      },
      { kind: 'everything' },
    )
    this.client.start()
  }

  set(clusters: readonly XdsResource[]): void {
    this.controlPlane.set(new Map([[CLUSTER_TYPE, clusters]]))
  }

  async expectHeld(expected: Readonly<Record<string, string>>): Promise<void> {
    await vi.waitFor(() => expect(Object.fromEntries(this.held)).toEqual(expected), { timeout: 5000 })
  }

  stop(): void {
    this.client?.close()
    this.connection?.close()
    this.controlPlane.stop()
  }
}

describe.each(['sotw', 'delta'] as const)('ADS over gRPC, %s', variant => {
  const rig = { current: new Rig() }
  afterEach(() => {
    rig.current.stop()
    rig.current = new Rig()
  })

  it('carries resources, changes, removals and the node', async () => {
    const { current } = rig
    await current.start(variant, [cluster('a', '1'), cluster('b', '1')])
    await current.expectHeld({ a: '1', b: '1' })
    current.set([cluster('b', '2'), cluster('c', '1')])
    await current.expectHeld({ b: '2', c: '1' })
    await vi.waitFor(() => expect(current.controlPlane.answers.length).toBeGreaterThanOrEqual(2))
    expect(current.controlPlane.answers[0]).toMatchObject({ node: NODE, typeUrl: CLUSTER_TYPE, error: null })
  })

  it('applies the good resources of a push, keeps the last good version of a bad one, and names every violation', async () => {
    const { current } = rig
    await current.start(variant, [cluster('a', '1'), cluster('b', '1')])
    await current.expectHeld({ a: '1', b: '1' })
    current.set([cluster('a', 'bad'), cluster('b', '2')])
    await current.expectHeld({ a: '1', b: '2' })
    await vi.waitFor(() => expect(current.controlPlane.answers.at(-1)?.error).toBe('a: alt_stat_name: is bad\na: name: is bad too'))
    current.set([cluster('a', '3'), cluster('b', '2')])
    await current.expectHeld({ a: '3', b: '2' })
    await vi.waitFor(() => expect(current.controlPlane.answers.at(-1)?.error).toBeNull())
  })

  it('keeps everything while the server is dead, and resumes without being sent what it has', async () => {
    const { current } = rig
    await current.start(variant, [cluster('a', '1'), cluster('b', '1')])
    await current.expectHeld({ a: '1', b: '1' })
    const applied = current.applied
    current.controlPlane.stop()
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(Object.fromEntries(current.held)).toEqual({ a: '1', b: '1' })
    await current.controlPlane.start()
    await vi.waitFor(() => expect([...current.controlPlane.clients()]).toHaveLength(1), { timeout: 5000 })
    current.set([cluster('a', '1'), cluster('b', '2')])
    await current.expectHeld({ a: '1', b: '2' })
    expect(current.applied).toBe(applied + 1)
  })
})

describe('grpcTarget', () => {
  it.each(['127.0.0.1:15010', 'pilot.istio-system:15010', '[::1]:80', 'unix:/run/sds.sock'])('takes %s', address => {
    expect(grpcTarget(address)).toBe(address)
  })

  it.each(['', 'host', ':80', 'host:0', 'host:65536', 'http://host:80', 'unix:', 'unix:relative'])('refuses %j', address => {
    expect(() => grpcTarget(address)).toThrow(/not an address/)
  })
})

it('tells a client that names no node why its stream ends', async () => {
  const controlPlane = new TestControlPlane()
  await controlPlane.start()
  const client = new AggregatedDiscoveryServiceClient(controlPlane.address, credentials.createInsecure())
  try {
    const call = client.streamAggregatedResources()
    const refused = new Promise<unknown>(resolve => call.once('error', resolve))
    call.on('data', () => undefined)
    call.write(DiscoveryRequest.fromPartial({ typeUrl: CLUSTER_TYPE }))
    expect(await refused).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'the first request of a stream must name the node' })
  } finally {
    client.close()
    controlPlane.stop()
  }
})
