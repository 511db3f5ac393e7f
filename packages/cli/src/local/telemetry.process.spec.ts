import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ProxyAgent, request } from 'undici'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { allocatePorts } from './ports/allocate-ports.ts'
import type { MeshState } from './state/mesh-state.ts'
import { Workplace } from './testdata/meshctl.ts'
import { parseExposition, type Sample } from './testdata/parse-exposition.ts'

const MESH = `
apiVersion: meshwork.dev/v1alpha1
kind: LocalMesh
metadata: {name: telemetry}
spec:
  namespace: shop
  services:
    - {name: front, port: 8080, serviceAccount: front, versions: [{version: v1, command: [node, app.mjs]}]}
    - {name: back, port: 8080, serviceAccount: back, versions: [{version: v2, command: [node, app.mjs], metrics: /metrics}]}
`
const APP = `
import { createServer } from 'node:http'
const metrics = '# TYPE shop_orders_total counter\\nshop_orders_total{currency="EUR"} 42\\n'
createServer((request, response) => response.end(request.url === '/metrics' ? metrics : 'ok')).listen(Number(process.env.PORT), '127.0.0.1')
`
const REQUESTS = 3

let place: Workplace
beforeEach(async () => {
  place = await Workplace.create()
  await writeFile(join(place.folder, 'mesh.yaml'), MESH)
  await writeFile(join(place.folder, 'app.mjs'), APP)
})
afterEach(() => place.remove())

function portOf(state: MeshState, process: string, port: string): number {
  return state.processes.find(({ name }) => name === process)?.ports[port] ?? 0
}

async function scraped(state: MeshState, sidecar: string): Promise<readonly Sample[]> {
  const { statusCode, headers, body } = await request(`http://127.0.0.1:${portOf(state, sidecar, 'status')}/stats/prometheus`)
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  return parseExposition(await body.text())
}

function only(samples: readonly Sample[], name: string): Sample | undefined {
  const found = samples.filter(sample => sample.name === name)
  expect(found, name).toHaveLength(1)
  return found[0]
}

it("both sides of mutual TLS count requests with Istio's labels, and the application's metrics are among them", async () => {
  const [gateway = 0] = [...(await allocatePorts([{ name: 'test', wish: { kind: 'any' } }])).values()]
  const { state } = await place.up(gateway)
  const viaSidecar = new ProxyAgent({ uri: `http://127.0.0.1:${portOf(state, 'sidecar/front-v1', 'httpProxy')}`, proxyTunnel: false })
  for (let i = 0; i < REQUESTS; i++) {
    const { statusCode, body } = await request('http://back:8080/hello', { dispatcher: viaSidecar })
    expect([statusCode, await body.text()]).toEqual([200, 'ok'])
  }
  await viaSidecar.close()

  const ends = {
    source_workload: 'front-v1',
    source_workload_namespace: 'shop',
    source_principal: 'spiffe://cluster.local/ns/shop/sa/front',
    source_app: 'front',
    source_version: 'v1',
    source_canonical_service: 'front',
    source_canonical_revision: 'v1',
    source_cluster: 'Kubernetes',
    destination_workload: 'back-v2',
    destination_workload_namespace: 'shop',
    destination_principal: 'spiffe://cluster.local/ns/shop/sa/back',
    destination_app: 'back',
    destination_version: 'v2',
    destination_service: 'back.shop.svc.cluster.local',
    destination_canonical_service: 'back',
    destination_canonical_revision: 'v2',
    destination_service_name: 'back',
    destination_service_namespace: 'shop',
    destination_cluster: 'Kubernetes',
    request_protocol: 'http',
    response_code: '200',
    grpc_response_status: '',
    response_flags: '-',
  }
  const front = await scraped(state, 'sidecar/front-v1')
  expect(only(front, 'istio_requests_total')).toEqual({
    name: 'istio_requests_total',
    labels: { ...ends, reporter: 'source', connection_security_policy: 'unknown' },
    value: REQUESTS,
  })
  const back = await scraped(state, 'sidecar/back-v2')
  expect(only(back, 'istio_requests_total')).toEqual({
    name: 'istio_requests_total',
    labels: { ...ends, reporter: 'destination', connection_security_policy: 'mutual_tls' },
    value: REQUESTS,
  })
  for (const family of ['istio_request_duration_milliseconds', 'istio_request_bytes', 'istio_response_bytes']) {
    expect(only(back, `${family}_count`)?.value).toBe(REQUESTS)
  }
  expect(only(back, 'shop_orders_total')).toEqual({ name: 'shop_orders_total', labels: { currency: 'EUR' }, value: 42 })
  expect(only(back, 'istio_agent_scrape_failures_total')?.value).toBe(0)
  const ready = await request(`http://127.0.0.1:${portOf(state, 'sidecar/back-v2', 'status')}/healthz/ready`)
  expect(ready.statusCode).toBe(200)
  await ready.body.dump()
})
