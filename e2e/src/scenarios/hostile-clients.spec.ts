import { afterAll, beforeAll, expect, it } from 'vitest'

import { localBackend, LocalMesh } from '../backend/local/local-backend.ts'
import type { EchoBody } from '../backend/mesh.ts'
import { echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { rawExchange } from '../mesh/raw-exchange.ts'
import { shop } from '../mesh/shop.ts'
import { SMUGGLING_CORPUS } from '../mesh/smuggling-corpus.ts'

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: ben, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 8080, name: http, protocol: HTTP}, hosts: [ben.example]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ben-outside, namespace: default}
spec: {hosts: [ben.example], gateways: [ben], http: [{route: [{destination: {host: ben, port: {number: 8000}}}]}]}
`

let mesh: LocalMesh

beforeAll(async () => {
  const started = await localBackend.start(shop('hostile', { gateway: GATEWAY }))
  if (!(started instanceof LocalMesh)) throw new Error('this scenario runs on the local back end')
  mesh = started
  await eventually(async () => expect((await mesh.gateway({ host: 'ben.example' })).status).toBe(200))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

/** Requests that the application of `ben` has received so far, asked past all proxies. */
async function servedByBen(): Promise<number> {
  const body: EchoBody = JSON.parse((await mesh.page('app/ben-v1', 'app', '/')).body)
  asked++
  return body.served - asked
}
let asked = 0

const LISTENERS = [
  { name: 'sidecar, inbound', component: 'sidecar/ben-v1', port: 'inbound', host: 'ben:8000' },
  { name: 'sidecar, outbound', component: 'sidecar/ann-v1', port: 'httpProxy', host: 'ben:8000' },
  { name: 'gateway', component: 'gateway', port: 'http8080', host: 'ben.example' },
]

it.for(LISTENERS)(
  '[security-85] refuses every doubtful message and what follows it: $name',
  { timeout: 60_000 },
  async ({ component, port, host }) => {
    const canary = `GET /canary HTTP/1.1\r\nHost: ${host}\r\n\r\n`
    const wrong: unknown[] = []
    // A well-formed pair: both reach the application.
    const good = await rawExchange(mesh.port(component, port), [`GET /first HTTP/1.1\r\nHost: ${host}\r\n\r\n${canary}`], 500)
    expect(good.statuses).toEqual([200, 200])
    for (const { name, bytes, status = 400 } of SMUGGLING_CORPUS) {
      const before = await servedByBen()
      const answer = await rawExchange(mesh.port(component, port), [bytes.replace('HOST', host) + canary], 1_000)
      const reached = (await servedByBen()) - before
      const refused = answer.statuses.length === 1 && answer.statuses[0] === status && answer.closed
      if (!refused || reached > 1 || answer.text.includes('/canary'))
        wrong.push({ name, statuses: answer.statuses, closed: answer.closed, reached })
    }
    expect(wrong).toEqual([])
  },
)

it('takes no timeout, retry or route from outside', async () => {
  const slow = { 'x-echo': '200@100', 'x-envoy-upstream-rq-timeout-ms': '1', 'x-envoy-upstream-rq-per-try-timeout-ms': '1' }
  expect((await mesh.gateway({ host: 'ben.example', headers: slow })).status).toBe(200)
  const before = await servedByBen()
  const retry = { 'x-echo': '503', 'x-envoy-max-retries': '5', 'x-envoy-retry-on': '5xx' }
  expect((await mesh.gateway({ host: 'ben.example', headers: retry })).status).toBe(503)
  expect((await servedByBen()) - before).toBe(1)
  const elsewhere = { 'x-envoy-original-path': '/other', 'x-envoy-original-dst-host': '127.0.0.1:1' }
  expect(echoed(await mesh.gateway({ host: 'ben.example', path: '/here', headers: elsewhere })).path).toBe('/here')
})

it('[security-101] writes one line for a request, whatever stands in it', async () => {
  const before = (await mesh.log('sidecar/ben-v1')).split('\n').length
  const port = mesh.port('sidecar/ben-v1', 'inbound')
  const agents = ['a%0d%0aforged', 'a\x1b[31mred', 'a\rforged', 'a\nforged: line', 'a\x00b', 'a\x7fb', 'a\\nb']
  const paths = ['/p%0d%0aforged', '/p\x1b[2J', '/p\rforged', '/p\\nforged']
  let valid = 0
  for (const [path, agent] of [...agents.map(each => ['/agent', each] as const), ...paths.map(each => [each, 'agent'] as const)]) {
    const { statuses } = await rawExchange(
      port,
      [`GET ${path} HTTP/1.1\r\nHost: ben:8000\r\nUser-Agent: ${agent}\r\nConnection: close\r\n\r\n`],
      1_000,
    )
    if (statuses[0] === 200) valid++
  }
  expect(valid).toBeGreaterThan(3)
  await eventually(async () => expect((await mesh.log('sidecar/ben-v1')).split('\n').length).toBeGreaterThanOrEqual(before + valid))
  const lines = (await mesh.log('sidecar/ben-v1'))
    .split('\n')
    .slice(before - 1)
    .filter(line => line !== '')
  for (const line of lines) expect(line).toMatch(LINE)
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  expect(lines.filter(line => /[\x00-\x1f\x7f]/.test(line))).toEqual([])
  expect(lines.filter(line => /"GET \/(agent|p)\S* HTTP\/1\.1" 200 /.test(line))).toHaveLength(valid)
})

/** The start and the quoted part of Istio's line; a forged line has neither. */
const LINE = /^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] "[^"]*" \d{3} .*$/
