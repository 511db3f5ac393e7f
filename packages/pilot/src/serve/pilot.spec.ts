import { readText } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import type { ConfigBatch, ConfigSource } from '@meshwork/config/source'
import type { SocketAddress } from '@meshwork/core/ids'
import { closeAll, startAll } from '@meshwork/core/lifecycle'
import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { CLUSTER_TYPE } from '@meshwork/xds/types'
import { afterEach, expect, test, vi } from 'vitest'
import { createPilot, type Pilot } from './pilot.ts'
import { RawAdsClient } from './testdata/raw-ads-client.ts'

class TextSource implements ConfigSource {
  private sink: (batch: ConfigBatch) => void = () => undefined

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    this.sink = sink
    this.write(service('reviews'))
  }

  async close(): Promise<void> {}

  write(text: string): void {
    const { objects, rejections } = readText(text, 'mesh.yaml')
    this.sink({ upserts: objects, deletes: [], rejections })
  }
}

function service(name: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 9080}]}
`
}

const ANY_PORT: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 }
const NODE = 'sidecar~10.1.1.1~client.default~default.svc.cluster.local'
const open: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function startPilot(): Promise<{
  pilot: Pilot
  source: TextSource
  connect: (node: string) => RawAdsClient
  get: (path: string) => Promise<Response>
}> {
  const source = new TextSource()
  const pilot = createPilot({
    sources: new Map([['text', source]]),
    mesh: DEFAULT_MESH_CONFIG,
    clusterDomain: 'cluster.local',
    xdsAddresses: [ANY_PORT],
    httpAddress: ANY_PORT,
    quietMs: 5,
    maxMs: 100,
    clock: systemClock,
    log: silentLogger,
  })
  await startAll(pilot.runners, silentLogger)
  open.push(() => closeAll(pilot.runners, silentLogger))
  const connect = (node: string): RawAdsClient => {
    const client = new RawAdsClient(`127.0.0.1:${pilot.xds.ports[0]}`, node)
    open.push(() => client.close())
    return client
  }
  return { pilot, source, connect, get: path => fetch(`http://127.0.0.1:${pilot.http.port}${path}`) }
}

function names(resources: readonly { readonly value: Uint8Array }[]): string[] {
  return resources.map(resource => Cluster.decode(resource.value).name)
}

async function status(get: (path: string) => Promise<Response>): Promise<unknown> {
  return (await get('/debug/syncz')).json()
}

test('a proxy is sent its clusters, and a change, and its answers are shown', async () => {
  const { source, connect, get } = await startPilot()
  const client = connect(NODE)
  client.subscribe(CLUSTER_TYPE)
  const first = await client.next()
  expect(names(first.resources)).toContain('outbound|9080||reviews.default.svc.cluster.local')
  client.ack(first)
  await vi.waitFor(async () =>
    expect(await status(get)).toMatchObject([{ pod: 'client.default', cds: { state: 'SYNCED' }, eds: { state: 'NOT SENT' } }]),
  )

  source.write(service('ratings'))
  const second = await client.next()
  expect(names(second.resources)).toContain('outbound|9080||ratings.default.svc.cluster.local')
  client.nack(second, 'ratings is not to my taste')
  await vi.waitFor(async () => expect(await status(get)).toMatchObject([{ cds: { state: 'NACK', message: 'ratings is not to my taste' } }]))
  expect(await (await get('/metrics')).text()).toMatch(/pilot_total_xds_rejects\{type="cds"\} 1/)
})

test('a node id that says nothing makes no view and no client', async () => {
  const { pilot, connect, get } = await startPilot()
  connect('whoever').subscribe(CLUSTER_TYPE)
  const known = connect(NODE)
  known.subscribe(CLUSTER_TYPE)
  await known.next()
  expect(await status(get)).toMatchObject([{ proxy: NODE }])
  expect(pilot.discovery.loop.cache.viewKeys()).toHaveLength(1)
})

test('refused objects are listed with file and line, and the last good ones stay', async () => {
  const { source, connect, get } = await startPilot()
  source.write('apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: bad}\nspec: {hosts: [a], htp: []}\n')
  const rejections: unknown = await (await get('/debug/rejections')).json()
  await vi.waitFor(async () =>
    expect(await (await get('/debug/rejections')).json()).toMatchObject([{ origin: { file: 'mesh.yaml', line: 1 } }]),
  )
  expect(rejections).toBeDefined()
  const client = connect(NODE)
  client.subscribe(CLUSTER_TYPE)
  expect(names((await client.next()).resources)).toContain('outbound|9080||reviews.default.svc.cluster.local')
})

test('a dump shows what a proxy is given, and where it comes from', async () => {
  const { connect, get } = await startPilot()
  const client = connect(NODE)
  client.subscribe(CLUSTER_TYPE)
  await client.next()
  const dump: unknown = await (await get('/debug/config_dump?proxyID=client.default')).json()
  expect(dump).toMatchObject({
    clusters: [{ name: 'outbound|9080||reviews.default.svc.cluster.local', origins: [{ file: 'mesh.yaml', line: 2 }] }, {}, {}, {}],
  })
  expect((await get('/debug/config_dump')).status).toBe(400)
  expect((await get('/debug/config_dump?proxyID=nobody')).status).toBe(404)
  expect((await get('/nothing')).status).toBe(404)
  expect((await get('/ready')).status).toBe(200)
})
