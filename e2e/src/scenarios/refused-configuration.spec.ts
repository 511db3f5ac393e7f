import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import { GATEWAY_PORT } from '../backend/local/mesh-file.ts'
import type { Mesh } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'
import { shop } from '../mesh/shop.ts'

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: ${GATEWAY_PORT}, name: http, protocol: HTTP}, hosts: ["shop.example"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: default}
spec:
  hosts: [shop.example]
  gateways: [shop]
  http: [{route: [{destination: {host: echo, port: {number: 8000}}}]}]
`

/** A filter that no proxy has. Validation cannot know that. */
const REFUSED = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: refused, namespace: istio-system}
spec:
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: GATEWAY}
    patch:
      operation: INSERT_FIRST
      value: {name: example.nobody, typed_config: {"@type": type.googleapis.com/example.Nobody, a: 1}}
`

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('refused', { gateway: GATEWAY }))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

async function listenerState(): Promise<unknown> {
  const rows: readonly { readonly proxy: string; readonly lds: { readonly state: string } }[] = JSON.parse(
    (await mesh.page('pilot', 'debug', '/debug/syncz')).body,
  )
  return rows.find(({ proxy }) => proxy.startsWith('router~'))?.lds.state
}

it('[traffic-128] a configuration that a proxy refuses leaves the last good one in force, is counted and shown, and others go on', async () => {
  await eventually(async () => expect((await mesh.gateway({ host: 'shop.example' })).status).toBe(200))
  await mesh.apply('refused', REFUSED)
  await eventually(async () => expect(await listenerState()).toBe('NACK'))
  expect((await mesh.gateway({ host: 'shop.example' })).status).toBe(200)
  const { body } = await mesh.page('pilot', 'debug', '/metrics')
  expect(body).toMatch(/^pilot_total_xds_rejects\{[^}]*\} [1-9]/m)
  await mesh.apply('gateway', GATEWAY.replaceAll('shop.example', 'new.example'))
  await eventually(async () => expect((await mesh.gateway({ host: 'new.example' })).status).toBe(200))
  await mesh.remove('refused')
  await eventually(async () => expect(await listenerState()).toBe('SYNCED'))
})
