import { connect } from 'node:http2'
import { type ClientDuplexStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { silentLogger } from '@meshwork/core/log'
import { err, ok } from '@meshwork/core/result'
import { systemClock } from '@meshwork/core/time'
import { AggregatedDiscoveryServiceClient } from '@meshwork/protos/envoy/service/discovery/v3/ads'
import { DeltaDiscoveryRequest, DiscoveryRequest, type DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { SecretDiscoveryServiceClient } from '@meshwork/protos/envoy/service/secret/v3/sds'
import { createTestCa } from '@meshwork/testkit/ca'
import { afterEach, expect, it } from 'vitest'
import { SnapshotCache } from '../cache/snapshot-cache.ts'
import type { StreamPeer } from '../server/peer.ts'
import { XdsServer } from '../server/server.ts'
import { seal } from '../types/resource.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE, SECRET_TYPE } from '../types/type-urls.ts'
import { DiscoveryListener, type DiscoveryListenerOptions } from './discovery-listener.ts'

const NODE = { id: 'sidecar~1' }
const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

interface Rig {
  readonly cache: SnapshotCache
  readonly listener: DiscoveryListener
  readonly server: XdsServer
  readonly peers: StreamPeer[]
  readonly address: string
}

async function start(options: Partial<DiscoveryListenerOptions> = {}): Promise<Rig> {
  const cache = new SnapshotCache()
  const peers: StreamPeer[] = []
  const server = new XdsServer({
    cache,
    clock: systemClock,
    log: silentLogger,
    hooks: {
      connected: (_node, peer) => (peers.push(peer), ok('view')),
      disconnected: () => undefined,
      acked: () => undefined,
      nacked: () => undefined,
    },
  })
  const listener = new DiscoveryListener({
    name: 'xds',
    xds: server,
    addresses: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
    flag: '--xds-address',
    tls: null,
    identifier: 'test',
    clock: systemClock,
    graceMs: 50,
    ...options,
  })
  await listener.start()
  open.push(async () => {
    server.close()
    await listener.close()
  })
  return { cache, listener, server, peers, address: `127.0.0.1:${listener.ports[0]}` }
}

function ads(address: string, channel = credentials.createInsecure()): AggregatedDiscoveryServiceClient {
  const client = new AggregatedDiscoveryServiceClient(address, channel, { 'grpc.ssl_target_name_override': 'localhost' })
  open.push(() => client.close())
  return client
}

function next<T>(stream: ClientDuplexStream<never, T>): Promise<T> {
  return new Promise((resolve, reject) => {
    stream.once('data', resolve)
    stream.once('error', reject)
  })
}

function failure(stream: ClientDuplexStream<never, unknown>): Promise<ServiceError> {
  stream.on('data', () => undefined)
  return new Promise(resolve => stream.once('error', (error: ServiceError) => resolve(error)))
}

function clusters(...names: readonly string[]) {
  return names.map(name => seal(CLUSTER_TYPE, name, () => Buffer.from(`\n${String.fromCharCode(name.length)}${name}`)))
}

it('serves state of the world as the generated codec reads it', async () => {
  const { cache, address } = await start()
  const resources = clusters('a', 'b', ...Array.from({ length: 20 }, (_, i) => `many-${i}`))
  cache.set('view', CLUSTER_TYPE, resources)
  const stream = ads(address).streamAggregatedResources()
  stream.write(DiscoveryRequest.fromPartial({ node: NODE, typeUrl: CLUSTER_TYPE }))
  const response = await next<DiscoveryResponse>(stream)
  expect(response).toMatchObject({ typeUrl: CLUSTER_TYPE, controlPlane: { identifier: 'test' } })
  expect(response.resources.map(any => [any.typeUrl, Buffer.from(any.value)])).toEqual(
    resources.map(resource => [CLUSTER_TYPE, Buffer.from(resource.bytes)]),
  )
  cache.set('view', CLUSTER_TYPE, clusters('a'))
  const second = await next<DiscoveryResponse>(stream)
  expect(second.resources).toHaveLength(1)
  expect(second.nonce).not.toBe(response.nonce)
  stream.cancel()
})

it('serves deltas as the generated codec reads them', async () => {
  const { cache, address } = await start()
  cache.set('view', CLUSTER_TYPE, clusters('a', 'b'))
  const stream = ads(address).deltaAggregatedResources()
  stream.write(DeltaDiscoveryRequest.fromPartial({ node: NODE, typeUrl: CLUSTER_TYPE }))
  const { resources } = await next(stream)
  expect(resources.map(({ name, version, resource }) => [name, version, Buffer.from(resource?.value ?? []).toString()])).toEqual(
    clusters('a', 'b').map(({ name, version, bytes }) => [name, version, Buffer.from(bytes).toString()]),
  )
  cache.set('view', CLUSTER_TYPE, clusters('b'))
  expect(await next(stream)).toMatchObject({ resources: [], removedResources: ['a'] })
  stream.cancel()
})

it('takes the same list of names again as the same list, also from another client', async () => {
  const { cache, address } = await start()
  cache.set('view', ENDPOINT_TYPE, [])
  const names = Array.from({ length: 50 }, (_, i) => `outbound|80||service-${i}`)
  cache.set(
    'view',
    ENDPOINT_TYPE,
    names.map(name => seal(ENDPOINT_TYPE, name, () => Buffer.from(name))),
  )
  for (let client = 0; client < 2; client++) {
    const stream = ads(address).streamAggregatedResources()
    stream.write(DiscoveryRequest.fromPartial({ node: NODE, typeUrl: ENDPOINT_TYPE, resourceNames: names }))
    const { resources, nonce, versionInfo } = await next<DiscoveryResponse>(stream)
    expect(resources).toHaveLength(50)
    stream.write(DiscoveryRequest.fromPartial({ typeUrl: ENDPOINT_TYPE, resourceNames: names, responseNonce: nonce, versionInfo }))
    stream.write(
      DiscoveryRequest.fromPartial({ typeUrl: ENDPOINT_TYPE, resourceNames: [...names, 'late'], responseNonce: nonce, versionInfo }),
    )
    cache.set('view', ENDPOINT_TYPE, [
      ...(cache.resources('view', ENDPOINT_TYPE)?.values() ?? []),
      seal(ENDPOINT_TYPE, 'late', () => Buffer.from(`late ${client}`)),
    ])
    expect((await next<DiscoveryResponse>(stream)).resources).toHaveLength(1)
    stream.cancel()
  }
})

it('has a service for each type, whose requests may leave it out', async () => {
  const { cache, address } = await start()
  cache.set('view', SECRET_TYPE, [seal(SECRET_TYPE, 'default', () => Buffer.from('s'))])
  const client = new SecretDiscoveryServiceClient(address, credentials.createInsecure())
  open.push(() => client.close())
  const stream = client.streamSecrets()
  stream.write(DiscoveryRequest.fromPartial({ node: NODE, resourceNames: ['default'] }))
  expect((await next<DiscoveryResponse>(stream)).resources).toHaveLength(1)
  stream.write(DiscoveryRequest.fromPartial({ typeUrl: CLUSTER_TYPE }))
  expect(await failure(stream)).toMatchObject({ code: status.INVALID_ARGUMENT })
  const unary = await new Promise<ServiceError | null>(resolve => client.fetchSecrets(DiscoveryRequest.fromPartial({}), resolve))
  expect(unary?.code).toBe(status.UNIMPLEMENTED)
})

it('knows a client by its certificate, and asks those without for another proof', async () => {
  const ca = await createTestCa()
  const server = await ca.issue('localhost')
  const tls = { certificateChain: server.certificateChainPem, privateKey: server.privateKeyPem, clientRoots: ca.rootPem }
  const seen: (readonly [certificate: boolean, token: string | null])[] = []
  const { cache, address } = await start({
    tls,
    authenticate: ({ certificate, bearerToken, address: from }) => {
      seen.push([certificate !== null, bearerToken])
      const known = certificate !== null || bearerToken === 'good'
      return Promise.resolve(known ? ok({ proof: 'token', identities: [], address: from }) : err('who are you?'))
    },
  })
  cache.set('view', CLUSTER_TYPE, clusters('a'))
  const workload = await ca.issue('spiffe://cluster.local/ns/a/sa/b')
  const roots = Buffer.from(ca.rootPem)
  const withCertificate = credentials.createSsl(roots, Buffer.from(workload.privateKeyPem), Buffer.from(workload.certificateChainPem))
  const request = DiscoveryRequest.fromPartial({ node: NODE, typeUrl: CLUSTER_TYPE })
  const mutual = ads(address, withCertificate).streamAggregatedResources()
  mutual.write(request)
  expect((await next<DiscoveryResponse>(mutual)).resources).toHaveLength(1)
  const metadata = new Metadata()
  metadata.set('authorization', 'Bearer good')
  const bearer = ads(address, credentials.createSsl(roots)).streamAggregatedResources(metadata)
  bearer.write(request)
  expect((await next<DiscoveryResponse>(bearer)).resources).toHaveLength(1)
  const stranger = ads(address, credentials.createSsl(roots)).streamAggregatedResources()
  expect(await failure(stranger)).toMatchObject({ code: status.UNAUTHENTICATED, details: 'who are you?' })
  const other = await (await createTestCa()).issue('spiffe://cluster.local/ns/a/sa/b')
  const forged = credentials.createSsl(roots, Buffer.from(other.privateKeyPem), Buffer.from(other.certificateChainPem))
  expect(await failure(ads(address, forged).streamAggregatedResources())).toMatchObject({ code: status.UNAUTHENTICATED })
  expect(seen).toEqual([
    [true, null],
    [false, 'good'],
    [false, null],
    [false, null],
  ])
  mutual.cancel()
  bearer.cancel()
})

it('ends the stream of a client that does not read, and no other', async () => {
  let timedOut = 0
  const { cache, address, server } = await start({ sendTimeoutMs: 300, sendTimedOut: () => timedOut++ })
  const big = (version: string) => [seal(CLUSTER_TYPE, 'big', () => Buffer.alloc(8_000_000, version))]
  cache.set('view', CLUSTER_TYPE, big('1'))
  const request = DiscoveryRequest.fromPartial({ node: NODE, typeUrl: CLUSTER_TYPE })
  const slow = connect(`http://${address}`)
  const ended = new Promise<string>(resolve => slow.once('close', () => resolve('closed')))
  slow.on('error', () => undefined)
  const call = slow.request({
    ':method': 'POST',
    ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    'content-type': 'application/grpc',
  })
  call.on('error', () => undefined)
  const body = DiscoveryRequest.encode(request).finish()
  call.write(Buffer.from([0, 0, 0, 0, body.length, ...body]))
  await expect.poll(() => timedOut, { timeout: 4_000 }).toBe(1)
  expect(await ended).toBe('closed')
  await expect.poll(() => [...server.clients()].length).toBe(0)
  const client = new AggregatedDiscoveryServiceClient(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': 100_000_000,
  })
  open.push(() => client.close())
  const good = client.streamAggregatedResources()
  good.write(request)
  expect((await next<DiscoveryResponse>(good)).resources).toHaveLength(1)
  cache.set('view', CLUSTER_TYPE, big('2'))
  expect((await next<DiscoveryResponse>(good)).resources).toHaveLength(1)
  good.cancel()
})

it('refuses what is no request, and says why it ends', async () => {
  const { address, server } = await start()
  const stream = ads(address).streamAggregatedResources()
  stream.write(DiscoveryRequest.fromPartial({ typeUrl: CLUSTER_TYPE }))
  expect(await failure(stream)).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('node') })
  const second = ads(address).streamAggregatedResources()
  const ended = failure(second)
  second.write(DiscoveryRequest.fromPartial({ node: NODE, typeUrl: CLUSTER_TYPE }))
  await expect.poll(() => [...server.clients()].length).toBe(1)
  server.close()
  expect(await ended).toMatchObject({ code: status.UNAVAILABLE, details: 'the server is closing' })
})
