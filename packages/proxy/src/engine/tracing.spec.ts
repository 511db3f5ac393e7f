import type { IncomingHttpHeaders } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ExportTraceServiceRequest } from '@meshwork/protos/opentelemetry/proto/collector/trace/v1/trace_service'
import type { RouteConfig } from '../model/route.ts'
import type { TracingConfig } from '../model/tracing.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { get, Harness } from './testdata/harness.ts'

interface Report {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

let harness: Harness
let reports: Report[]
let seen: IncomingHttpHeaders[]

beforeEach(() => {
  harness = new Harness({ node: { id: 'node-1', cluster: 'reviews.default' } })
  reports = []
  seen = []
})

afterEach(() => harness.close())

/** A proxy that traces, in front of a server that fails under `/bad`, and a collector. */
async function proxyWith(
  provider: TracingConfig['provider'],
  over: Partial<TracingConfig> = {},
  direction: 'inbound' | 'outbound' = 'outbound',
  decorator: RouteConfig['decorator'] = null,
) {
  const app = await harness.httpServer((request, response) => {
    seen.push(request.headers)
    if (request.url === '/names') response.setHeader('x-envoy-decorator-operation', 'their-name')
    response.statusCode = request.url === '/bad' ? 500 : 200
    response.end('hello')
  })
  const collector = await harness.httpServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      reports.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) })
      response.statusCode = 202
      response.end()
    })
  })
  harness.engine.setCluster(cluster('app', [endpoint(app.port)]))
  harness.engine.setCluster(cluster('collector', [endpoint(collector.port)]))
  const table = routeTable('r', [virtualHost(['*'], [{ ...route('/', routeAction([['app', 1]])), decorator }])])
  const tracing: TracingConfig = {
    clientSampling: 100,
    randomSampling: 100,
    overallSampling: 100,
    verbose: false,
    maxPathTagLength: 4,
    customTags: [{ kind: 'request-header', tag: 'tenant', name: 'x-tenant', fallback: 'none' }],
    provider,
    ...over,
  }
  return harness.listen(listener('main', [chain(manager({ kind: 'inline', table }, { tracing }))], { direction }))
}

const ZIPKIN: TracingConfig['provider'] = {
  kind: 'zipkin',
  cluster: 'collector',
  path: '/api/v2/spans',
  hostname: 'zipkin.example',
  traceId128Bit: true,
  sharedSpanContext: true,
}

async function reported(): Promise<Report> {
  await expect.poll(() => reports.length, { timeout: 5000 }).toBe(1)
  const [report] = reports
  if (report === undefined) throw new Error('nothing was reported')
  return report
}

test("a new trace: B3 headers for the upstream and a span in Zipkin's form", async () => {
  const port = await proxyWith(ZIPKIN)
  await get(port, { path: '/bad', headers: { 'x-tenant': 'blue', 'user-agent': 'test' } })
  const report = await reported()
  expect(report).toMatchObject({ path: '/api/v2/spans', headers: { host: 'zipkin.example', 'content-type': 'application/json' } })
  const [span] = JSON.parse(report.body.toString())
  expect(seen[0]).toMatchObject({ 'x-b3-traceid': span.traceId, 'x-b3-spanid': span.id, 'x-b3-sampled': '1' })
  expect(span).toMatchObject({
    kind: 'CLIENT',
    name: `127.0.0.1:${port}`,
    localEndpoint: { serviceName: 'reviews.default', ipv4: '127.0.0.1' },
    tags: {
      component: 'proxy',
      node_id: 'node-1',
      'http.method': 'GET',
      'http.status_code': '500',
      upstream_cluster: 'app',
      error: 'true',
    },
  })
  expect(span.tags).toMatchObject({
    tenant: 'blue',
    'http.url': `http://127.0.0.1:${port}/bad`,
    user_agent: 'test',
    'http.protocol': 'HTTP/1.1',
  })
  expect(span.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(String(seen[0]?.['x-request-id']).charAt(14)).toBe('9')
})

const TRACE = '463ac35c9f6413ad48485a3953bb6124'
const SPAN = 'a2fb4a1d1a96d312'
const B3 = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' }

test("an outbound hop is a child of its caller's span", async () => {
  await get(await proxyWith(ZIPKIN), { headers: B3 })
  const [span] = JSON.parse((await reported()).body.toString())
  expect(span).toMatchObject({ traceId: TRACE, parentId: SPAN, kind: 'CLIENT' })
  expect(seen[0]).toMatchObject({ 'x-b3-traceid': TRACE, 'x-b3-spanid': span.id, 'x-b3-parentspanid': SPAN })
})

test("an inbound hop shares its caller's span", async () => {
  await get(await proxyWith(ZIPKIN, {}, 'inbound'), { headers: B3 })
  const [span] = JSON.parse((await reported()).body.toString())
  expect(span).toMatchObject({ traceId: TRACE, id: SPAN, kind: 'SERVER', shared: true })
})

test('a route names its spans, and tells the next proxy', async () => {
  const port = await proxyWith(ZIPKIN, {}, 'outbound', { operation: 'reviews:9080/*', propagate: true })
  await get(port)
  expect(JSON.parse((await reported()).body.toString())).toMatchObject([{ name: 'reviews:9080/*' }])
  expect(seen[0]).toMatchObject({ 'x-envoy-decorator-operation': 'reviews:9080/*' })
})

test('outbound, the name that the other proxy gives counts, and the client does not see it', async () => {
  const port = await proxyWith(ZIPKIN, {}, 'outbound', { operation: 'mine', propagate: false })
  const answer = await get(port, { path: '/names' })
  expect(JSON.parse((await reported()).body.toString())).toMatchObject([{ name: 'their-name' }])
  expect(seen[0]).not.toHaveProperty('x-envoy-decorator-operation')
  expect(answer.headers).not.toHaveProperty('x-envoy-decorator-operation')
})

test("inbound, the caller's name counts, and the application does not see it", async () => {
  const port = await proxyWith(ZIPKIN, {}, 'inbound', { operation: 'mine', propagate: true })
  const answer = await get(port, { headers: { 'x-envoy-decorator-operation': 'their-name' } })
  expect(JSON.parse((await reported()).body.toString())).toMatchObject([{ name: 'their-name' }])
  expect(seen[0]).not.toHaveProperty('x-envoy-decorator-operation')
  expect(answer.headers).not.toHaveProperty('x-envoy-decorator-operation')
  expect((await get(port)).headers).toMatchObject({ 'x-envoy-decorator-operation': 'mine' })
})

test('what is not sampled is passed on and not reported', async () => {
  const port = await proxyWith(ZIPKIN, { randomSampling: 0 })
  await get(port)
  await get(port, { headers: { ...B3, 'x-b3-sampled': '0' } })
  expect(seen[0]).toMatchObject({ 'x-b3-sampled': '0' })
  expect(seen[1]).toMatchObject({ 'x-b3-sampled': '0', 'x-b3-traceid': TRACE })
  await get(port, { headers: B3 })
  expect(JSON.parse((await reported()).body.toString())).toHaveLength(1)
})

test('OTLP over HTTP with W3C headers', async () => {
  const provider = {
    kind: 'opentelemetry',
    transport: 'http',
    cluster: 'collector',
    path: '/v1/traces',
    hostname: 'otel',
    headers: [['api-key', 'k']],
    serviceName: '',
  } as const
  const port = await proxyWith(provider)
  await get(port, { headers: { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1' } })
  const report = await reported()
  expect(report).toMatchObject({ path: '/v1/traces', headers: { 'content-type': 'application/x-protobuf', 'api-key': 'k' } })
  const [resource] = ExportTraceServiceRequest.decode(report.body).resourceSpans
  const span = resource?.scopeSpans[0]?.spans[0]
  expect(Buffer.from(span?.traceId ?? []).toString('hex')).toBe(TRACE)
  expect(Buffer.from(span?.parentSpanId ?? []).toString('hex')).toBe(SPAN)
  expect(seen[0]).toMatchObject({ traceparent: `00-${TRACE}-${Buffer.from(span?.spanId ?? []).toString('hex')}-01`, tracestate: 'a=1' })
  expect(resource?.resource?.attributes[0]?.value?.value).toEqual({ $case: 'stringValue', value: 'reviews.default' })
})

test('a collector without endpoint costs reports, not requests', async () => {
  const port = await proxyWith({ ...ZIPKIN, cluster: 'nowhere' })
  expect((await get(port)).status).toBe(200)
  await expect.poll(() => harness.counter('tracing.zipkin.reports_skipped_no_cluster'), { timeout: 5000 }).toBe(1)
})
