import { spawnSync } from 'node:child_process'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import { LocalMesh } from '../backend/local/local-backend.ts'
import type { Mesh } from '../backend/mesh.ts'
import { echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, BEN, ECHO, shop } from '../mesh/shop.ts'

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('identity'))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

function strict(mode: string): string {
  return `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: default}
spec: {mtls: {mode: ${mode}}}
`
}

/** What OpenSSL, which knows nothing of us, reads in the certificate shown on the wire. */
function certificateOnTheWire(port: number): string {
  const shown = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-alpn', 'istio'], { input: '', encoding: 'utf8' })
  return spawnSync('openssl', ['x509', '-noout', '-text'], { input: shown.stdout, encoding: 'utf8' }).stdout
}

it('shows the application who called, on every hop', async () => {
  for (const [pod, account] of [
    [ANN, 'ann'],
    [BEN, 'ben'],
  ] as const) {
    const xfcc = echoed(await mesh.request(pod, { host: ECHO })).headers['x-forwarded-client-cert'] ?? ''
    expect(xfcc).toContain(`URI=spiffe://cluster.local/ns/default/sa/${account}`)
    expect(xfcc).toContain('By=spiffe://cluster.local/ns/default/sa/echo')
  }
})

it('does not believe an identity that the caller writes itself', async () => {
  const forged = { 'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/default/sa/root' }
  const direct = echoed(await mesh.requestWithoutProxy('echo-v1', { host: ECHO, headers: forged }))
  expect(direct.headers['x-forwarded-client-cert'] ?? '').not.toContain('/sa/root')
})

it('[security-28] presents a certificate with exactly its SPIFFE id', () => {
  if (!(mesh instanceof LocalMesh)) return
  const text = certificateOnTheWire(mesh.port('sidecar/echo-v1', 'inbound'))
  expect(text.match(/URI:\S+/g)).toEqual(['URI:spiffe://cluster.local/ns/default/sa/echo'])
  expect(text).not.toContain('DNS:')
  expect(text).toMatch(/Digital Signature/)
  expect(text).toMatch(/TLS Web Server Authentication, TLS Web Client Authentication/)
  expect(text).toMatch(/CA:FALSE/)
  const notBefore = Date.parse(/Not Before: (.*)/.exec(text)?.[1] ?? '')
  expect(notBefore).toBeLessThanOrEqual(Date.now() - 115_000)
})

it('[security-35] serves plain text and mutual TLS on one port, and knows only the latter by name', async () => {
  const plain = await mesh.requestWithoutProxy('echo-v1', { host: ECHO })
  expect(plain.status).toBe(200)
  expect(echoed(plain).headers['x-forwarded-client-cert']).toBeUndefined()
  expect(echoed(await mesh.request(ANN, { host: ECHO })).headers['x-forwarded-client-cert']).toContain('/sa/ann')
})

it('[security-33] closes plain connections when mutual TLS is strict, and serves members of the mesh', async () => {
  await mesh.apply('strict', strict('STRICT'))
  await eventually(async () => expect((await mesh.requestWithoutProxy('echo-v1', { host: ECHO })).status).toBe(0))
  for (let turn = 0; turn < 10; turn++) expect((await mesh.request(ANN, { host: ECHO })).status).toBe(200)
  await mesh.remove('strict')
  await eventually(async () => expect((await mesh.requestWithoutProxy('echo-v1', { host: ECHO })).status).toBe(200))
})
