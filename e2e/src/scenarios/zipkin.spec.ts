import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { bootstrap, cluster, httpFilter, type Json, listener, StaticProxy } from '@meshwork/testkit/bootstrap'
import { freePorts } from '@meshwork/testkit/net'
import { Child } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

import { peerPath } from '../../../scripts/peers/table.ts'

const jar = peerPath('zipkin') ?? ''
/** A Java program of 80 MB, on a machine with much else to do. */
const START_LIMIT_MS = 90_000

interface ZipkinSpan {
  readonly traceId: string
  readonly id: string
  readonly parentId?: string
  readonly kind: string
  readonly name: string
  readonly localEndpoint: { readonly serviceName: string }
  readonly tags: Readonly<Record<string, string>>
}

function tracing(): Json {
  const zipkin = {
    '@type': 'type.googleapis.com/envoy.config.trace.v3.ZipkinConfig',
    collector_cluster: 'zipkin',
    collector_endpoint: '/api/v2/spans',
    collector_endpoint_version: 'HTTP_JSON',
    trace_id_128bit: true,
    shared_span_context: false,
  }
  return { tracing: { provider: { name: 'envoy.tracers.zipkin', typed_config: zipkin } } }
}

/** A listener that sends everything to `upstream`, and names the spans of it. */
function traced(port: number, direction: 'INBOUND' | 'OUTBOUND', upstream: string, operation: string): Json {
  const routes = [{ match: { prefix: '/' }, route: { cluster: upstream }, decorator: { operation } }]
  const route_config = { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] }
  const manager = httpFilter(upstream, 'AUTO', {}, { route_config, generate_request_id: true, ...tracing() })
  return { ...listener(port, manager), traffic_direction: direction }
}

describe.skipIf(jar === '')(`tracing to Zipkin${jar === '' ? ' (not installed; run `npm run peers`)' : ''}`, () => {
  const upstream = createServer((_request, response) => response.end('hello'))
  let zipkin: Child | undefined
  let proxy: StaticProxy | undefined
  let [query, outbound, inbound] = [0, 0, 0]

  beforeAll(async () => {
    await new Promise<void>(resolve => upstream.listen(0, '127.0.0.1', resolve))
    const { port } = upstream.address() as AddressInfo
    ;[query = 0, outbound = 0, inbound = 0] = await freePorts(3)
    const environment = { QUERY_PORT: String(query) }
    zipkin = new Child({ name: 'zipkin', command: ['java', '-Xmx128m', '-jar', jar], environment, ipc: false })
    await vi.waitUntil(() => healthy(query), { timeout: START_LIMIT_MS, interval: 250 })
    const listeners = [
      traced(outbound, 'OUTBOUND', 'inbound', 'reviews.shop:9080/*'),
      traced(inbound, 'INBOUND', 'app', 'reviews.shop:9080/inbound'),
    ]
    const clusters = [cluster('inbound', inbound), cluster('app', port), cluster('zipkin', query)]
    const node = { id: 'sidecar~127.0.0.1~front.shop~shop.svc.cluster.local', cluster: 'front.shop' }
    proxy = await StaticProxy.start('traced', bootstrap(listeners, clusters, { node }))
  }, START_LIMIT_MS + 30_000)

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await zipkin?.[Symbol.asyncDispose]()
    upstream.close()
    upstream.closeAllConnections()
  })

  it('shows one trace with a span for each hop, named by the route', async () => {
    const response = await fetch(`http://127.0.0.1:${outbound}/hello`, { headers: { host: 'reviews.shop' } })
    expect([response.status, await response.text()]).toEqual([200, 'hello'])
    expect(response.headers.get('x-envoy-decorator-operation')).toBe(null)
    await expect.poll(async () => (await traces(query)).flat().length, { timeout: 15_000 }).toBe(2)
    const [trace = []] = await traces(query)
    const client = trace.find(({ kind }) => kind === 'CLIENT')
    const server = trace.find(({ kind }) => kind === 'SERVER')
    expect(client).toMatchObject({ name: 'reviews.shop:9080/*', localEndpoint: { serviceName: 'front.shop' } })
    expect(server).toMatchObject({ traceId: client?.traceId, parentId: client?.id, name: 'reviews.shop:9080/*' })
    expect(client?.tags).toMatchObject({ 'http.status_code': '200', upstream_cluster: 'inbound', component: 'proxy' })
    expect(client?.traceId).toMatch(/^[0-9a-f]{32}$/)
  })
})

async function healthy(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health`)).ok
  } catch {
    return false
  }
}

async function traces(port: number): Promise<readonly (readonly ZipkinSpan[])[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v2/traces?serviceName=front.shop`)
  return JSON.parse(await response.text())
}
