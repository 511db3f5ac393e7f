import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import { GATEWAY_PORT } from '../backend/local/mesh-file.ts'
import type { Mesh } from '../backend/mesh.ts'
import { echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, ECHO, shop } from '../mesh/shop.ts'

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: ${GATEWAY_PORT}, name: http, protocol: HTTP}, hosts: ["shop.example", "bare.example", "way.example"]}]
`

const ROUTES = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: default}
spec:
  hosts: [shop.example]
  gateways: [shop]
  http: [{route: [{destination: {host: echo, port: {number: 8000}}}]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: by-way-in, namespace: default}
spec:
  hosts: [echo, way.example]
  gateways: [mesh, shop]
  http:
  - match: [{gateways: [mesh]}]
    route: [{destination: {host: echo, subset: v1, port: {number: 8000}}}]
  - match: [{gateways: [shop]}]
    route: [{destination: {host: echo, subset: v2, port: {number: 8000}}}]
`

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('gateway', { gateway: GATEWAY, routes: ROUTES }))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

it('[traffic-81] serves the hosts of its rules and no others', async () => {
  await eventually(async () => expect((await mesh.gateway({ host: 'shop.example' })).status).toBe(200))
  expect((await mesh.gateway({ host: 'other.example' })).status).toBe(404)
})

it('[traffic-92] answers 404 for a host without routes', async () => {
  expect((await mesh.gateway({ host: 'bare.example' })).status).toBe(404)
})

it('reaches the application over mutual TLS, with the identity of the gateway', async () => {
  const { headers } = echoed(await mesh.gateway({ host: 'shop.example' }))
  expect(headers['x-forwarded-client-cert']).toContain('/sa/istio-ingressgateway')
})

it('[traffic-16] limits a rule to the gateway or to the mesh', async () => {
  for (let turn = 0; turn < 10; turn++) {
    expect(echoed(await mesh.request(ANN, { host: ECHO })).name).toBe('echo-v1')
    expect(echoed(await mesh.gateway({ host: 'way.example' })).name).toBe('echo-v2')
  }
})
