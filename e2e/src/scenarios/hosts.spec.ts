import { afterAll, beforeAll, expect, it } from 'vitest'

import { localBackend, LocalMesh } from '../backend/local/local-backend.ts'
import type { EchoBody } from '../backend/mesh.ts'
import { echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { rawExchange } from '../mesh/raw-exchange.ts'
import { ANN, shop } from '../mesh/shop.ts'

const VIP = '10.9.8.7'
let mesh: LocalMesh

beforeAll(async () => {
  const started = await localBackend.start(shop('hosts'))
  if (!(started instanceof LocalMesh)) throw new Error('this scenario runs on the local back end')
  mesh = started
  const inbound = mesh.port('sidecar/ben-v1', 'inbound')
  await mesh.apply('forms', forms(inbound, mesh.port('sidecar/echo-v1', 'inbound')))
  await eventually(async () => expect((await mesh.request(ANN, { host: 'forms' })).status).toBe(200))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

/** A service on port 80 run by `ben`, and on port 8080 by `echo-v1`. */
function forms(first: number, second: number): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: forms, namespace: default}
spec:
  clusterIP: ${VIP}
  ports: [{name: http, port: 80, targetPort: ${first}, protocol: TCP}, {name: http-two, port: 8080, targetPort: ${second}, protocol: TCP}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: forms, namespace: default}
subsets:
- addresses: [{ip: 127.0.0.1, targetRef: {kind: Pod, name: ben-v1, namespace: default}}]
  ports: [{name: http, port: ${first}, protocol: TCP}]
- addresses: [{ip: 127.0.0.1, targetRef: {kind: Pod, name: echo-v1, namespace: default}}]
  ports: [{name: http-two, port: ${second}, protocol: TCP}]
`
}

it('[traffic-3] knows a service by every form of its name, with and without the port', async () => {
  const names = ['forms', 'forms.default', 'forms.default.svc', 'forms.default.svc.cluster', 'forms.default.svc.cluster.local', VIP]
  const statuses: Record<string, number> = {}
  for (const host of names.flatMap(name => [name, `${name}:80`])) statuses[host] = (await mesh.request(ANN, { host })).status
  expect(Object.entries(statuses).filter(([, status]) => status !== 200)).toEqual([])
  expect(Object.keys(statuses)).toHaveLength(12)
})

it('[traffic-15] limits a rule to a port of the service', async () => {
  await mesh.apply('ports', BY_PORT)
  await eventually(async () => expect((await mesh.request(ANN, { host: 'forms:8080' })).status).toBe(301))
  expect(echoed(await mesh.request(ANN, { host: 'forms' })).name).toBe('ben-v1')
  await mesh.apply('ports', BY_PORT.replace('redirect: {uri: /eight}', 'route: [{destination: {host: ben, port: {number: 8000}}}]'))
  await eventually(async () => expect(echoed(await mesh.request(ANN, { host: 'forms:8080' })).name).toBe('ben-v1'))
  await mesh.remove('ports')
  await eventually(async () => expect(echoed(await mesh.request(ANN, { host: 'forms:8080' })).name).toBe('echo-v1'))
})

it('[traffic-25] asks once when the answer is 503', async () => {
  const served = async (): Promise<number> => {
    const body: EchoBody = JSON.parse((await mesh.page('app/ben-v1', 'app', '/')).body)
    return body.served
  }
  const before = await served()
  for (let turn = 0; turn < 5; turn++)
    expect((await mesh.request(ANN, { host: 'ben:8000', headers: { 'x-echo': '503' } })).status).toBe(503)
  // The second look is one of those counted.
  expect(await served()).toBe(before + 5 + 1)
})

it('[traffic-38] passes a websocket through both proxies, in both directions', async () => {
  const key = 'dGhlIHNhbXBsZSBub25jZQ=='
  const upgrade = `GET /chat HTTP/1.1\r\nHost: ben:8000\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`
  const frames = ['hello', 'again'].map(maskedText)
  const { text } = await rawExchange(mesh.port(`sidecar/${ANN}`, 'httpProxy'), [upgrade, '', '', '', '', ...frames], 500)
  expect(text).toMatch(/^HTTP\/1\.1 101 /)
  expect(text.toLowerCase()).toContain('sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=')
  expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe('\x81\x05hello\x81\x05again')
})

/** A text frame of a client (RFC 6455 section 5.2), shorter than 126 bytes. */
function maskedText(text: string): Buffer {
  const mask = [1, 2, 3, 4]
  const payload = Buffer.from(text).map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, ...mask]), payload])
}

const BY_PORT = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: forms, namespace: default}
spec:
  hosts: [forms]
  http:
  - match: [{port: 8080}]
    redirect: {uri: /eight}
  - route: [{destination: {host: forms, port: {number: 80}}}]
`
