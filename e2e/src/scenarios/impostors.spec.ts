import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'

import { createTestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { localBackend, LocalMesh } from '../backend/local/local-backend.ts'
import type { EchoBody } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'
import { TlsWorkload } from '../mesh/impostor.ts'
import { MeshAuthority } from '../mesh/mesh-authority.ts'
import { exchangeOn, type RawAnswer } from '../mesh/raw-exchange.ts'
import { ANN, shop } from '../mesh/shop.ts'
import { echoed } from '../mesh/echo.ts'

const BEN_SERVICE = 'ben:8000'
const XFCC = 'x-forwarded-client-cert'
const FORGED = 'By=spiffe://cluster.local/ns/default/sa/x;URI=spiffe://cluster.local/ns/default/sa/root'

const folder = mkdtempSync(join(tmpdir(), 'mesh-impostors-'))
let mesh: LocalMesh
let authority: MeshAuthority

beforeAll(async () => {
  const started = await localBackend.start(shop('impostors'))
  if (!(started instanceof LocalMesh)) throw new Error('this scenario runs on the local back end')
  mesh = started
  authority = new MeshAuthority(mesh)
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** A Kubernetes service whose only endpoint is `port`, run by a pod with the service's own account. */
function service(name: string, port: number): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {ports: [{name: http, port: 8000, targetPort: ${port}, protocol: TCP}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: ${name}, namespace: default}
subsets:
- addresses: [{ip: 127.0.0.1, targetRef: {kind: Pod, name: ${name}-v1, namespace: default}}]
  ports: [{name: http, port: ${port}, protocol: TCP}]
---
apiVersion: v1
kind: Pod
metadata: {name: ${name}-v1, namespace: default, labels: {app: ${name}, security.istio.io/tlsMode: istio}}
spec: {serviceAccountName: ${name}, containers: [{name: app, image: local, ports: [{containerPort: ${port}, protocol: TCP}]}]}
status: {phase: Running, podIP: 127.0.0.1, podIPs: [{ip: 127.0.0.1}], conditions: [{type: Ready, status: "True"}]}
`
}

it('[security-29] sends nothing to a server with a valid certificate of another service account', async () => {
  await using genuine = await TlsWorkload.listen(await authority.issue('genuine'), authority.rootPem)
  await using impostor = await TlsWorkload.listen(await authority.issue('ben'), authority.rootPem)
  await mesh.apply('genuine', service('genuine', genuine.port))
  await mesh.apply('victim', service('victim', impostor.port))
  await eventually(async () => expect((await mesh.request(ANN, { host: 'genuine:8000' })).status).toBe(200))
  const secret = { host: 'victim:8000', method: 'POST', body: 'secret' }
  await eventually(async () => {
    await mesh.request(ANN, secret)
    expect(impostor.connections).toBeGreaterThan(0)
  })
  for (let turn = 0; turn < 5; turn++) expect((await mesh.request(ANN, secret)).status).toBe(503)
  expect(genuine.received).toBeGreaterThan(0)
  expect(impostor.received).toBe(0)
})

it('[security-83] tells the application who called, whatever the caller claims', async () => {
  const forged = { [XFCC]: FORGED }
  // Plain text: nobody is known.
  expect(echoed(await mesh.requestWithoutProxy('ben-v1', { host: BEN_SERVICE, headers: forged })).headers[XFCC]).toBeUndefined()
  // From inside, through a sidecar.
  expect(echoed(await mesh.request(ANN, { host: BEN_SERVICE, headers: forged })).headers[XFCC]).not.toContain('/sa/root')
  // A peer with a certificate of the mesh: what it says stays in front, who it is comes after.
  const [before, after, ...rest] = (await asMember('ann', `${XFCC}: ${FORGED}\r\n`)).headers[XFCC]?.split(',') ?? []
  expect(before).toBe(FORGED)
  expect(after).toMatch(
    /^By=spiffe:\/\/cluster\.local\/ns\/default\/sa\/ben;Hash=[0-9a-f]{64};Subject="[^"]*";URI=spiffe:\/\/cluster\.local\/ns\/default\/sa\/ann$/,
  )
  expect(rest).toEqual([])
  // From outside: the gateway says who it is, and nothing else stays.
  await mesh.apply('gateway', GATEWAY)
  await eventually(async () => expect((await mesh.gateway({ host: 'ben.example' })).status).toBe(200))
  const outside = echoed(await mesh.gateway({ host: 'ben.example', headers: forged })).headers[XFCC] ?? ''
  expect(outside).not.toContain('/sa/root')
  expect(outside).toContain('/sa/istio-ingressgateway-service-account')
})

it('[security-34] strict mode refuses a certificate of a foreign authority, and counts that', async () => {
  const foreign = await (await createTestCa()).issue('spiffe://cluster.local/ns/default/sa/ann')
  await mesh.apply('mode', peerAuthentication('STRICT'))
  await eventually(async () => expect((await mesh.requestWithoutProxy('ben-v1', { host: BEN_SERVICE })).status).toBe(0))
  expect(openssl(await authority.issue('ann'))).toContain('HTTP/1.1 200')
  const failures = await handshakeFailures()
  expect(openssl(foreign)).not.toContain('HTTP/1.1')
  await eventually(async () => expect(await handshakeFailures()).toBe(failures + 1))
  await mesh.remove('mode')
})

it('[security-39] disabled mode refuses mutual TLS, and serves plain text', async () => {
  const member = await authority.issue('ann')
  await eventually(() => expect(openssl(member)).toContain('HTTP/1.1 200'))
  await mesh.apply('mode', peerAuthentication('DISABLE'))
  await eventually(() => expect(openssl(member)).not.toContain('HTTP/1.1 200'))
  expect((await mesh.requestWithoutProxy('ben-v1', { host: BEN_SERVICE })).status).toBe(200)
  await mesh.remove('mode')
})

async function handshakeFailures(): Promise<number> {
  const { body } = await mesh.page('sidecar/ben-v1', 'admin', '/stats?filter=ssl.fail_verify_error')
  return Number(new RegExp(`${mesh.port('sidecar/ben-v1', 'inbound')}\\.ssl\\.fail_verify_error: (\\d+)`).exec(body)?.[1] ?? 0)
}

/** One request to the sidecar of `ben` by a client that shows this certificate. What OpenSSL printed. */
function openssl({ certificateChainPem, privateKeyPem }: TestCertificate): string {
  writeFileSync(join(folder, 'chain.pem'), certificateChainPem)
  writeFileSync(join(folder, 'key.pem'), privateKeyPem, { mode: 0o600 })
  const to = ['-connect', `127.0.0.1:${mesh.port('sidecar/ben-v1', 'inbound')}`, '-alpn', 'istio']
  const as = ['-cert', join(folder, 'chain.pem'), '-key', join(folder, 'key.pem')]
  const input = `GET / HTTP/1.1\r\nHost: ${BEN_SERVICE}\r\nConnection: close\r\n\r\n`
  return spawnSync('openssl', ['s_client', '-quiet', ...to, ...as], { input, encoding: 'latin1', timeout: 5_000 }).stdout
}

/** What the application of `ben` received from a TLS client with a certificate for `account`. */
async function asMember(account: string, header: string): Promise<EchoBody> {
  const { certificateChainPem: cert, privateKeyPem: key } = await authority.issue(account)
  const port = mesh.port('sidecar/ben-v1', 'inbound')
  const socket = connect({
    host: '127.0.0.1',
    port,
    cert,
    key,
    ca: authority.rootPem,
    ALPNProtocols: ['istio'],
    checkServerIdentity: () => undefined,
  })
  const request = `GET / HTTP/1.1\r\nHost: ${BEN_SERVICE}\r\n${header}Connection: close\r\n\r\n`
  const answer: RawAnswer = await exchangeOn(socket, [request], 3_000)
  const body: EchoBody = JSON.parse(answer.text.slice(answer.text.indexOf('{"name"'), answer.text.lastIndexOf('}') + 1))
  return body
}

function peerAuthentication(mode: string): string {
  return `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: ben, namespace: default}
spec: {selector: {matchLabels: {app: ben}}, mtls: {mode: ${mode}}}
`
}

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
