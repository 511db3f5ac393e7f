import { connect, createServer, type Server } from 'node:net'
import { admin, bootstrap, cluster, type Json, listener, StaticProxy, tcpFilter, tlsClient, tlsServer } from '@meshwork/testkit/bootstrap'
import { createTestCa } from '@meshwork/testkit/ca'
import { freePorts } from '@meshwork/testkit/net'
import { afterEach, expect, it } from 'vitest'

const DATABASE = { name: 'db', namespace: 'shop', host: 'db.shop.svc.cluster.local' }
const GREETING = 'hello from the database'

let closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.toReversed()) await close()
  closing = []
})

/** Istio's metrics before the TCP proxy. */
function counted(port: number, direction: 'INBOUND' | 'OUTBOUND', socket?: Json): Json {
  const { filter_chains, ...rest } = listener(port, tcpFilter('db'), socket)
  const stats = { name: 'istio.stats', typed_config: { '@type': 'type.googleapis.com/stats.PluginConfig', tcp_reporting_duration: '0.2s' } }
  const chains: readonly Json[] = Array.isArray(filter_chains) ? filter_chains : []
  const counting = chains.map(chain => ({ ...chain, filters: [stats, tcpFilter('db')] }))
  return { ...rest, filter_chains: counting, traffic_direction: direction }
}

function database(port: number, socket: Json = {}): Json {
  const note = { filter_metadata: { istio: { workload: 'db-0;shop;db;v1;east' } } }
  const address = { socket_address: { address: '127.0.0.1', port_value: port } }
  const endpoints = [{ lb_endpoints: [{ endpoint: { address }, metadata: note }] }]
  const metadata = { filter_metadata: { istio: { services: [DATABASE] } } }
  return { ...cluster('db', port, socket), load_assignment: { cluster_name: 'db', endpoints }, metadata }
}

function node(workload: string): Json {
  const metadata = { WORKLOAD_NAME: workload, NAMESPACE: 'shop', LABELS: { app: workload }, CLUSTER_ID: 'east' }
  return { node: { id: `sidecar~127.0.0.1~${workload}.shop~shop.svc.cluster.local`, cluster: `${workload}.shop`, metadata } }
}

/** A server that speaks first, and then answers each byte with one. */
async function speaker(): Promise<number> {
  const server: Server = createServer(socket => {
    socket.write(GREETING)
    socket.on('data', (bytes: Buffer) => socket.write(bytes))
    socket.on('end', () => socket.end())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise(resolve => server.close(resolve)))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function start(name: string, config: Json): Promise<void> {
  const proxy = await StaticProxy.start(name, config)
  closing.push(() => proxy[Symbol.asyncDispose]())
}

async function samples(adminPort: number): Promise<Readonly<Record<string, string>>> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/stats/prometheus?filter=^istio_tcp`)).text()
  return Object.fromEntries(
    [...text.matchAll(/^(istio_tcp_\w+)\{(.*)\} (\d+)$/gm)].map(([, name = '', labels = '', value]) => [name, `${value} ${labels}`]),
  )
}

it('two proxies count a TCP connection between them, by the names in their certificates', async () => {
  const app = await speaker()
  const [entry = 0, middle = 0, nearAdmin = 0, farAdmin = 0] = await freePorts(4)
  const ca = await createTestCa()
  const [client, server] = await Promise.all(['web', 'db'].map(name => ca.issue(`spiffe://cluster.local/ns/shop/sa/${name}`)))
  if (client === undefined || server === undefined) throw new Error('no certificates')
  const upstream = database(middle, { transport_socket: tlsClient(client, ['istio'], ca.rootPem) })
  await start('near', bootstrap([counted(entry, 'OUTBOUND')], [upstream], { ...admin(nearAdmin), ...node('web') }))
  const inbound = counted(middle, 'INBOUND', tlsServer(server, ['istio'], ca.rootPem))
  await start('far', bootstrap([inbound], [database(app)], { ...admin(farAdmin), ...node('db') }))

  const socket = connect(entry, '127.0.0.1')
  let heard = ''
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString()))
  socket.write('12345')
  await expect.poll(() => heard, { timeout: 10_000 }).toBe(`${GREETING}12345`)
  const sent = GREETING.length + 5
  const ends =
    'source_principal="spiffe://cluster.local/ns/shop/sa/web".*destination_principal="spiffe://cluster.local/ns/shop/sa/db".*' +
    'destination_service="db.shop.svc.cluster.local".*request_protocol="tcp",response_flags="-",connection_security_policy='
  const near = new RegExp(`^${sent} reporter="source",source_workload="web".*destination_workload="db-0".*`)
  await expect.poll(async () => (await samples(nearAdmin))['istio_tcp_sent_bytes_total'], { timeout: 10_000 }).toMatch(near)
  expect((await samples(nearAdmin))['istio_tcp_sent_bytes_total']).toMatch(new RegExp(`${ends}"unknown"$`))
  const far = /^5 reporter="destination",source_workload="unknown",.*source_workload_namespace="shop",.*destination_workload="db"/
  await expect.poll(async () => (await samples(farAdmin))['istio_tcp_received_bytes_total'], { timeout: 10_000 }).toMatch(far)
  expect((await samples(farAdmin))['istio_tcp_received_bytes_total']).toMatch(new RegExp(`${ends}"mutual_tls"$`))
  expect((await samples(farAdmin))['istio_tcp_connections_opened_total']).toMatch(/^1 /)
  expect((await samples(farAdmin))['istio_tcp_connections_closed_total']).toMatch(/^0 /)

  socket.end()
  for (const port of [nearAdmin, farAdmin]) {
    await expect.poll(async () => (await samples(port))['istio_tcp_connections_closed_total'], { timeout: 10_000 }).toMatch(/^1 /)
  }
})
