import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PluginConfig } from '@meshwork/protos/stats/config'
import { Config } from '@meshwork/protos/io/istio/http/peer_metadata/config'
import type { FilterBlueprint } from '../filter.ts'
import {
  chain,
  cluster,
  endpoint,
  listener,
  manager,
  route,
  routeAction,
  routeTable,
  tcpProxy,
  virtualHost,
} from '../../engine/testdata/configs.ts'
import { exchange, get, Harness } from '../../engine/testdata/harness.ts'
import { FilterCatalog, type HttpFilterCodec } from '../../decode/filter-codec.ts'
import { Report } from '../../decode/report.ts'
import { peerMetadataCodec, peerOf } from '../peer-metadata/index.ts'
import type { ProxyIdentity } from '../table.ts'
import { istioStatsCodec, istioTcpStatsCodec } from './index.ts'

const CLIENT = identity('productpage-v1', 'default', { app: 'productpage', version: 'v1' })
const SERVER = identity('reviews-v2', 'shop', { app: 'reviews', version: 'v2' })
const HEADERS = { $case: 'istioHeaders', value: { skipExternalClusters: false } } as const
const METHOD = { methodSpecifier: HEADERS } as const

function identity(workload: string, namespace: string, labels: Readonly<Record<string, string>>): ProxyIdentity {
  const metadata = { WORKLOAD_NAME: workload, NAMESPACE: namespace, LABELS: labels, CLUSTER_ID: 'east' }
  return { node: `sidecar~10.0.0.1~${workload}.${namespace}~x`, peer: peerOf(metadata) }
}

function decoded(codec: HttpFilterCodec, bytes: Uint8Array): FilterBlueprint {
  const result = codec.decode(bytes)
  if (result.kind === 'err') throw new Error(JSON.stringify(result.error))
  return result.value
}

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

function filters(who: ProxyIdentity, exchange: Partial<Config>, stats: Partial<PluginConfig> = {}): readonly FilterBlueprint[] {
  return [
    decoded(
      peerMetadataCodec(() => who),
      Config.encode(Config.fromPartial(exchange)).finish(),
    ),
    decoded(
      istioStatsCodec(() => who),
      PluginConfig.encode(PluginConfig.fromPartial(stats)).finish(),
    ),
  ]
}

/** A client's proxy in front of a server's proxy in front of a server. */
async function pair(stats: Partial<PluginConfig> = {}): Promise<{ port: number; seen: string[][] }> {
  const seen: string[][] = []
  const app = await harness.httpServer((request, response) => {
    seen.push(Object.keys(request.headers))
    response.end('hello')
  })
  const inbound = await proxy(
    'inbound',
    app.port,
    filters(SERVER, { downstreamDiscovery: [METHOD], downstreamPropagation: [METHOD] }, stats),
  )
  const port = await proxy('outbound', inbound, filters(CLIENT, { upstreamDiscovery: [METHOD], upstreamPropagation: [METHOD] }, stats))
  return { port, seen }
}

async function proxy(direction: 'inbound' | 'outbound', target: number, before: readonly FilterBlueprint[]): Promise<number> {
  const name = `${direction}|80||reviews`
  const metadata = { istio: { services: [{ host: 'reviews.shop.svc.cluster.local', name: 'reviews', namespace: 'shop' }] } }
  harness.engine.setCluster(cluster(name, [endpoint(target)], { metadata }))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([[name, 1]]))])])
  const [router] = manager({ kind: 'inline', table }).httpFilters
  const httpFilters = [...before, ...(router === undefined ? [] : [router])]
  return harness.listen(listener(direction, [chain(manager({ kind: 'inline', table }, { httpFilters }))], { direction }))
}

function series(family: string) {
  return [...harness.stats.metrics()].filter(metric => metric.family === family)
}

test('both ends count the request with the labels of both workloads', async () => {
  const { port } = await pair()
  await get(port)
  await get(port)
  const metrics = series('istio_requests_total')
  expect(metrics.map(({ slot }) => harness.stats.value(slot))).toEqual([2, 2])
  const common = {
    source_workload: 'productpage-v1',
    source_workload_namespace: 'default',
    source_app: 'productpage',
    source_version: 'v1',
    source_canonical_service: 'productpage',
    source_cluster: 'east',
    destination_workload: 'reviews-v2',
    destination_workload_namespace: 'shop',
    destination_canonical_revision: 'v2',
    destination_service: 'reviews.shop.svc.cluster.local',
    destination_service_name: 'reviews',
    destination_service_namespace: 'shop',
    request_protocol: 'http',
    response_code: '200',
    response_flags: '-',
    grpc_response_status: '',
  }
  const byReporter = new Map(metrics.map(({ labels }) => [labels['reporter'], labels]))
  expect(byReporter.get('source')).toMatchObject({ ...common, connection_security_policy: 'unknown' })
  expect(byReporter.get('destination')).toMatchObject({ ...common, connection_security_policy: 'none' })
  expect(series('istio_request_duration_milliseconds').map(({ kind }) => kind)).toEqual(['histogram', 'histogram'])
})

test('the application sees nothing of it', async () => {
  const { port, seen } = await pair()
  const answer = await get(port)
  expect(Object.keys(answer.headers).filter(name => name.includes('peer-metadata'))).toEqual([])
  expect(seen[0]?.filter(name => name.includes('peer-metadata'))).toEqual([])
})

test('a metric can be dropped and a label removed', async () => {
  const { port } = await pair({
    metrics: [
      { name: 'request_bytes', drop: true, dimensions: {}, tagsToRemove: [], match: '' },
      { name: '', drop: false, dimensions: {}, tagsToRemove: ['source_cluster'], match: '' },
    ],
  })
  await get(port)
  expect(series('istio_request_bytes')).toEqual([])
  expect(Object.keys(series('istio_requests_total')[0]?.labels ?? {})).not.toContain('source_cluster')
})

test('labels of one metric are set from texts and from the request, and removed', async () => {
  const dimensions = { tenant: "request.headers['x-tenant']", method: 'request.method', destination_service: "'mine'" }
  const { port } = await pair({
    metrics: [{ name: 'requests_total', drop: false, dimensions, tagsToRemove: ['source_cluster'], match: '' }],
  })
  for (const tenant of ['a', 'b', 'b']) await get(port, { headers: { 'x-tenant': tenant } })
  await get(port)
  const sources = series('istio_requests_total').filter(({ labels }) => labels['reporter'] === 'source')
  expect(sources.map(({ labels, slot }) => [labels['tenant'], harness.stats.value(slot)])).toEqual([
    ['a', 1],
    ['b', 2],
    ['unknown', 1],
  ])
  expect(sources[0]?.labels).toMatchObject({ method: 'GET', destination_service: 'mine', source_app: 'productpage' })
  expect(Object.keys(sources[0]?.labels ?? {})).not.toContain('source_cluster')
  const [bytes] = series('istio_request_bytes')
  expect(Object.keys(bytes?.labels ?? {})).toEqual(expect.arrayContaining(['source_cluster']))
  expect(Object.keys(bytes?.labels ?? {})).not.toContain('tenant')
})

test('a setting that would be ignored is refused with its path', () => {
  const bytes = PluginConfig.encode(PluginConfig.fromPartial({ metrics: [{ name: 'no_such', dimensions: { a: 'b' } }] })).finish()
  const result = istioStatsCodec(() => CLIENT).decode(bytes)
  expect(result).toMatchObject({ kind: 'err', error: [{ path: 'metrics[0].name' }, { path: 'metrics[0].dimensions.a' }] })
})

/** A proxy for opaque bytes to `target`, of which the control plane notes which workload it is. */
async function tcpListener(direction: 'inbound' | 'outbound', target: number, who: ProxyIdentity, seconds: number): Promise<number> {
  const name = `${direction}|3306||db`
  const metadata = { istio: { services: [{ host: 'db.shop.svc.cluster.local', name: 'db', namespace: 'shop' }] } }
  const noted = { ...endpoint(target), metadata: { istio: { workload: 'db-0;shop;db;v1;west' } } }
  harness.engine.setCluster(cluster(name, [noted], { metadata }))
  const bytes = PluginConfig.encode(PluginConfig.fromPartial({ tcpReportingDuration: { seconds: BigInt(seconds), nanos: 0 } })).finish()
  const report = new Report()
  const filter = istioTcpStatsCodec(() => who).decode(bytes, report, new FilterCatalog([]))
  if (filter.kind !== 'filter') throw new Error('no filter')
  return harness.listen(listener(direction, [chain(tcpProxy(name), { filters: [filter] })], { direction }))
}

function totals(family: string): Readonly<Record<string, number>> {
  return Object.fromEntries(series(family).map(({ labels, slot }) => [labels['reporter'] ?? '', harness.stats.value(slot)]))
}

test('connections and their bytes are counted at both ends', async () => {
  const db = await harness.tcpServer(socket => socket.on('data', () => socket.end('12345')))
  const inbound = await tcpListener('inbound', db, SERVER, 15)
  const port = await tcpListener('outbound', inbound, CLIENT, 15)
  expect(await exchange(port, ['abc'])).toBe('12345')
  await vi.waitFor(() => expect(totals('istio_tcp_connections_closed_total')).toEqual({ source: 1, destination: 1 }))
  expect(totals('istio_tcp_connections_opened_total')).toEqual({ source: 1, destination: 1 })
  expect(totals('istio_tcp_received_bytes_total')).toEqual({ source: 3, destination: 3 })
  expect(totals('istio_tcp_sent_bytes_total')).toEqual({ source: 5, destination: 5 })
  const source = series('istio_tcp_sent_bytes_total').find(({ labels }) => labels['reporter'] === 'source')
  expect(source?.labels).toMatchObject({
    source_workload: 'productpage-v1',
    destination_workload: 'db-0',
    destination_workload_namespace: 'shop',
    destination_service: 'db.shop.svc.cluster.local',
    request_protocol: 'tcp',
  })
  expect(Object.keys(source?.labels ?? {})).not.toContain('response_code')
})

test('a connection that lasts is told of at intervals', async () => {
  const db = await harness.tcpServer(socket => {
    socket.on('data', () => socket.write('12345'))
    socket.on('end', () => socket.end())
  })
  const port = await tcpListener('outbound', db, CLIENT, 1)
  const client = connect(port, '127.0.0.1')
  client.write('abc')
  await vi.waitFor(() => expect(totals('istio_tcp_sent_bytes_total')).toEqual({ source: 5 }), { timeout: 5000 })
  expect(totals('istio_tcp_connections_opened_total')).toEqual({ source: 1 })
  expect(totals('istio_tcp_connections_closed_total')).toEqual({ source: 0 })
  client.end()
  await vi.waitFor(() => expect(totals('istio_tcp_connections_closed_total')).toEqual({ source: 1 }))
})

test('gRPC has its protocol, its status and its messages', async () => {
  const message = Buffer.from([0, 0, 0, 0, 1, 120])
  const app = await harness.httpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': '5' }).end(Buffer.concat([message, message]))
  })
  const port = await proxy('outbound', app.port, filters(CLIENT, {}))
  const body = Buffer.concat([message, message, message])
  await get(port, { method: 'POST', path: '/shop.Cart/Add', headers: { 'content-type': 'application/grpc' }, body })
  const [requests] = series('istio_requests_total')
  expect(requests?.labels).toMatchObject({ request_protocol: 'grpc', response_code: '200', grpc_response_status: '5' })
  expect(totals('istio_request_messages_total')).toEqual({ source: 3 })
  expect(totals('istio_response_messages_total')).toEqual({ source: 2 })
})
