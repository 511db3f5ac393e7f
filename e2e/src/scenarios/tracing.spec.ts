import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { EchoBody, Mesh } from '../backend/mesh.ts'
import { echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, ECHO, shop } from '../mesh/shop.ts'
import { SpanCollector } from '../mesh/span-collector.ts'
import { object } from '../mesh/told-objects.ts'

const OPERATION = 'echo.default.svc.cluster.local:8000/*'
const REQUESTS = 400

let mesh: Mesh
let collector: SpanCollector

function tracing(percentage: number): string {
  const spec = `{tracing: [{randomSamplingPercentage: ${percentage}}]}`
  return object('Telemetry', 'mesh', spec, 'istio-system', 'telemetry.istio.io/v1')
}

/** The collector under the name that users of Istio give it, wherever it listens. */
function collectorService(port: number): string {
  const ports = `[{number: 9411, targetPort: ${port}, name: http, protocol: HTTP}]`
  const spec = `{hosts: [zipkin.istio-system.svc.cluster.local], resolution: STATIC, ports: ${ports}, endpoints: [{address: 127.0.0.1}]}`
  return object('ServiceEntry', 'zipkin', spec, 'istio-system')
}

beforeAll(async () => {
  collector = await SpanCollector.listen()
  const config = { collector: collectorService(collector.port), tracing: tracing(100) }
  const meshConfig = { enableTracing: true, defaultConfig: { tracing: { zipkin: { address: 'zipkin.istio-system:9411' } } } }
  mesh = await chosenBackend().start({ ...shop('tracing', config), meshConfig })
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
  await collector?.[Symbol.asyncDispose]()
})

/** The headers that the application got. */
async function received(headers: Readonly<Record<string, string>> = {}): Promise<EchoBody['headers']> {
  const reply = await mesh.request(ANN, { host: ECHO, headers })
  expect(reply.status).toBe(200)
  return echoed(reply).headers
}

function spansOf(traceId: string): SpanCollector['spans'] {
  return collector.spans.filter(span => span.traceId === traceId)
}

/** Each sidecar takes the Telemetry when it gets it; until both have, a trace lacks the span of one. */
async function tracedAtBothEnds(): Promise<void> {
  const sent: string[] = []
  await eventually(async () => {
    sent.push((await received())['x-b3-traceid'] ?? '')
    expect(sent.some(id => spansOf(id).length === 2)).toBe(true)
  }, 20_000)
}

it('[traffic-123] a request has a span at both ends, named by its route, and the application is told the trace', async () => {
  await tracedAtBothEnds()
  const told = await received()
  const traceId = told['x-b3-traceid'] ?? ''
  expect(traceId).toMatch(/^[0-9a-f]{16,32}$/)
  expect(told['x-b3-spanid']).toMatch(/^[0-9a-f]{16}$/)
  await eventually(() => expect(spansOf(traceId)).toHaveLength(2), 20_000)
  const client = spansOf(traceId).find(({ kind }) => kind === 'CLIENT')
  const server = spansOf(traceId).find(({ kind }) => kind === 'SERVER')
  expect([client?.name, server?.name]).toEqual([OPERATION, OPERATION])
  expect(server?.parentId).toBe(client?.id)
})

it('[traffic-123] a trace that the application began goes on', async () => {
  const traceId = '463ac35c9f6413ad48485a3953bb6124'
  const told = await received({ 'x-b3-traceid': traceId, 'x-b3-spanid': 'a2fb4a1d1a96d312', 'x-b3-sampled': '1' })
  expect(told).toMatchObject({ 'x-b3-traceid': traceId, 'x-b3-sampled': '1' })
  await eventually(() => expect(spansOf(traceId)).toHaveLength(2), 20_000)
  expect(spansOf(traceId).find(({ kind }) => kind === 'CLIENT')?.parentId).toBe('a2fb4a1d1a96d312')
})

it('[traffic-123] of all requests the share is traced that is set', async () => {
  await mesh.apply('tracing', tracing(10))
  await eventually(async () => expect((await received())['x-b3-sampled']).toBe('0'))
  const sampled: string[] = []
  const unsampled: string[] = []
  for (let i = 0; i < REQUESTS; i++) {
    const told = await received()
    const list = told['x-b3-sampled'] === '1' ? sampled : unsampled
    list.push(told['x-b3-traceid'] ?? '')
  }
  // Expected are 40 with a standard deviation of 6.
  expect(sampled.length).toBeGreaterThan(10)
  expect(sampled.length).toBeLessThan(70)
  await eventually(() => expect(sampled.filter(id => spansOf(id).length !== 2)).toEqual([]), 20_000)
  expect(unsampled.filter(id => spansOf(id).length > 0)).toEqual([])
})
