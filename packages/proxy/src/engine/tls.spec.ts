import { X509Certificate } from 'node:crypto'
import { Agent } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createTestCa, type TestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { FilterChainMatch } from '../model/listener.ts'
import type { DownstreamTlsConfig, PeerValidation, SanMatcher, TlsParams, UpstreamTlsConfig } from '../model/tls.ts'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'
import { proxyProtocol } from '../listener-filters/proxy-protocol/index.ts'
import { tlsInspector } from '../listener-filters/tls-inspector/index.ts'
import {
  ANY,
  chain,
  cluster,
  endpoint,
  listener,
  manager,
  NO_MUTATIONS,
  route,
  routeAction,
  routeTable,
  virtualHost,
} from './testdata/configs.ts'
import { type Answer, get, Harness } from './testdata/harness.ts'

const CLIENT = 'spiffe://cluster.local/ns/a/sa/client'
const SERVER = 'spiffe://cluster.local/ns/b/sa/server'

class Secrets implements SecretProvider {
  readonly certificates = new Map<string, CertificateMaterial>()
  readonly rootsByName = new Map<string, string>()

  certificate(name: string): CertificateMaterial | null {
    return this.certificates.get(name) ?? null
  }

  roots(name: string): string | null {
    return this.rootsByName.get(name) ?? null
  }

  onChange(): () => void {
    return () => undefined
  }
}

let ca: TestCa
let client: TestCertificate
let server: TestCertificate
let secrets: Secrets
let harness: Harness

beforeAll(async () => {
  ca = await createTestCa()
  client = await ca.issue(CLIENT)
  server = await ca.issue(SERVER)
})

beforeEach(() => {
  secrets = new Secrets()
  secrets.certificates.set('default', server)
  secrets.certificates.set('client', client)
  secrets.rootsByName.set('ROOTCA', ca.rootPem)
  harness = new Harness({ secrets })
})

afterEach(() => harness.close())

const uri = (value: string): SanMatcher => ({ type: 'uri', match: { kind: 'exact', value, ignoreCase: false } })

const PARAMS: TlsParams = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: [], curves: [], signatureAlgorithms: [] }

function validation(over: Partial<PeerValidation> = {}): PeerValidation {
  return {
    roots: { name: 'ROOTCA' },
    subjectAltNames: [],
    certificateHashes: [],
    publicKeyHashes: [],
    crlPem: '',
    allowExpired: false,
    acceptUntrusted: false,
    maxDepth: null,
    ...over,
  }
}

function downstreamTls(over: Partial<DownstreamTlsConfig> = {}): DownstreamTlsConfig {
  return {
    certificates: [{ name: 'default' }],
    validation: validation(),
    requireClientCertificate: true,
    requireServerName: false,
    staplePolicy: 'lenient',
    fullScanOnMismatch: false,
    tickets: { kind: 'own' },
    sessionTimeoutMs: 0,
    alpn: ['istio', 'h2', 'http/1.1'],
    params: PARAMS,
    ...over,
  }
}

function upstreamTls(over: Partial<UpstreamTlsConfig> = {}): UpstreamTlsConfig {
  return {
    certificate: { name: 'client' },
    validation: validation({ subjectAltNames: [uri(SERVER)] }),
    sni: 'outbound_.80_._.b',
    alpn: ['istio', 'http/1.1'],
    params: PARAMS,
    ...over,
  }
}

const tables = (name: string) =>
  ({ kind: 'inline', table: routeTable('r', [virtualHost(['*'], [route('/', routeAction([[name, 1]]))])]) }) as const

async function echo(): Promise<number> {
  const { port } = await harness.httpServer((request, response) =>
    response.end(JSON.stringify({ url: request.url, headers: request.headers })),
  )
  return port
}

/** The server's side: mutual TLS in front of the application. */
async function inbound(over: Partial<DownstreamTlsConfig> = {}): Promise<number> {
  harness.engine.setCluster(cluster('app', [endpoint(await echo())]))
  const terminal = manager(tables('app'), { forwardClientCert: 'append-forward', statPrefix: 'inbound' })
  return harness.listen(listener('inbound', [chain(terminal, { tls: downstreamTls(over) })]))
}

async function outbound(port: number, tls: UpstreamTlsConfig): Promise<number> {
  harness.engine.setCluster(
    cluster('peer', [endpoint(port)], { transportSockets: [{ name: 'tls', criteria: {}, tls, proxyHeader: null }] }),
  )
  return harness.listen(listener('outbound', [chain(manager(tables('peer')))]))
}

test('two proxies with mutual TLS; the server learns who the client is', async () => {
  const proxy = await outbound(await inbound(), upstreamTls())
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => get(proxy, { path: `/${i}` })))
  for (const answer of answers) {
    expect(answer.status).toBe(200)
    const xfcc = JSON.parse(answer.body).headers['x-forwarded-client-cert']
    expect(xfcc).toMatch(new RegExp(`^By=${SERVER};Hash=[0-9a-f]{64};Subject="";URI=${CLIENT}$`))
  }
})

test.each([
  [
    'a server of another name',
    () =>
      upstreamTls({
        validation: validation({ roots: { name: 'ROOTCA' }, subjectAltNames: [uri('spiffe://cluster.local/ns/b/sa/other')] }),
      }),
  ],
  [
    'a prefix of the name',
    () => upstreamTls({ validation: validation({ roots: { name: 'ROOTCA' }, subjectAltNames: [uri(SERVER.slice(0, -1))] }) }),
  ],
  ['no client certificate', () => upstreamTls({ certificate: null })],
])('refuses %s', async (_name, tls) => {
  const proxy = await outbound(await inbound(), tls())
  const answer = await get(proxy)
  expect(answer.status).toBe(503)
  expect(answer.body).toMatch(/reset reason: (remote connection failure|connection termination)/)
})

test('refuses a server and a client of another authority', async () => {
  const other = await createTestCa()
  const port = await inbound()
  const proxy = await outbound(port, upstreamTls({ validation: validation({ roots: { pem: other.rootPem }, subjectAltNames: [] }) }))
  expect((await get(proxy)).status).toBe(503)
  const stranger = await other.issue(CLIENT)
  const second = await harness.engine.setListener(listener('second', [chain(manager(tables('peer2')))]))
  expect(second.kind).toBe('ok')
  await expect(secureGet(port, { cert: stranger.certificateChainPem, key: stranger.privateKeyPem })).rejects.toThrow()
  expect(harness.counter(`listener.127.0.0.1_0.ssl.fail_verify_error`)).toBeGreaterThan(0)
})

test('names of clients are checked when the configuration lists them', async () => {
  const port = await inbound({
    validation: validation({ roots: { name: 'ROOTCA' }, subjectAltNames: [uri('spiffe://cluster.local/ns/a/sa/someone-else')] }),
  })
  await expect(secureGet(port, { cert: client.certificateChainPem, key: client.privateKeyPem })).rejects.toThrow()
})

test('a new certificate serves new connections, old ones live on', async () => {
  const port = await inbound()
  const before = connectTls({
    port,
    host: '127.0.0.1',
    ca: ca.rootPem,
    cert: client.certificateChainPem,
    key: client.privateKeyPem,
    checkServerIdentity: () => undefined,
  })
  await new Promise(resolve => before.once('secureConnect', resolve))
  secrets.certificates.set('default', await ca.issue('spiffe://cluster.local/ns/b/sa/renewed'))
  const after = connectTls({
    port,
    host: '127.0.0.1',
    ca: ca.rootPem,
    cert: client.certificateChainPem,
    key: client.privateKeyPem,
    checkServerIdentity: () => undefined,
  })
  await new Promise(resolve => after.once('secureConnect', resolve))
  expect(before.getPeerX509Certificate()?.subjectAltName).toContain('sa/server')
  expect(after.getPeerX509Certificate()?.subjectAltName).toContain('sa/renewed')
  before.write('GET /old HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const text = await new Promise<string>(resolve => {
    let seen = ''
    before.on('data', part => (seen += String(part)))
    before.on('close', () => resolve(seen))
  })
  expect(text).toMatch(/^HTTP\/1.1 200/)
  after.destroy()
})

test.each([
  [['http/1.1', 'istio'], 'istio'],
  [['h2', 'http/1.1'], 'h2'],
  [['istio-peer-exchange'], false],
])('of %j is agreed %s', async (offered, agreed) => {
  const port = await inbound()
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    ca: ca.rootPem,
    cert: client.certificateChainPem,
    key: client.privateKeyPem,
    ALPNProtocols: offered,
    checkServerIdentity: () => undefined,
  })
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  expect(socket.alpnProtocol).toBe(agreed)
  socket.destroy()
})

test('a secret that is not there yet fails requests until it comes', async () => {
  secrets.certificates.delete('client')
  const proxy = await outbound(await inbound(), upstreamTls())
  expect((await get(proxy)).status).toBe(503)
  secrets.certificates.set('client', client)
  expect((await get(proxy)).status).toBe(200)
})

test('permissive: plain text and mutual TLS on one port', async () => {
  harness.engine.setCluster(cluster('app', [endpoint(await echo())]))
  const match = (transportProtocol: FilterChainMatch['transportProtocol']): FilterChainMatch => ({ ...ANY, transportProtocol })
  const port = await harness.listen(
    listener(
      'inbound',
      [
        chain(manager(tables('app'), { forwardClientCert: 'append-forward' }), { tls: downstreamTls(), match: match('tls') }),
        chain(manager(tables('app')), { match: match('raw_buffer') }),
      ],
      { listenerFilters: [tlsInspector], inspectionTimeoutMs: 5000 },
    ),
  )
  const plain = await get(port, { headers: { 'x-forwarded-client-cert': 'URI=forged' } })
  expect(JSON.parse(plain.body).headers['x-forwarded-client-cert']).toBeUndefined()
  const secured = await secureGet(port, { cert: client.certificateChainPem, key: client.privateKeyPem })
  expect(JSON.parse(secured.body).headers['x-forwarded-client-cert']).toContain(CLIENT)
})

test('a hello in pieces of one byte; chains by server name', async () => {
  harness.engine.setCluster(cluster('app', [endpoint(await echo())]))
  const port = await harness.listen(
    listener(
      'gateway',
      [
        chain(manager(tables('app')), {
          tls: downstreamTls({ requireClientCertificate: false, validation: null }),
          match: { ...ANY, serverNames: ['*.one.test'] },
        }),
        chain(manager(tables('none')), {
          tls: downstreamTls({ requireClientCertificate: false, validation: null }),
          match: { ...ANY, serverNames: ['two.test'] },
        }),
      ],
      { listenerFilters: [tlsInspector] },
    ),
  )
  const relay = await harness.tcpServer(socket => {
    const next = connectTcp({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    next.on('error', () => undefined)
    socket.on('data', part => {
      for (const byte of Buffer.from(part)) next.write(Buffer.of(byte))
    })
    next.pipe(socket)
  })
  expect((await secureGet(relay, { servername: 'a.one.test' })).status).toBe(200)
  expect((await secureGet(port, { servername: 'two.test' })).status).toBe(503)
  await expect(secureGet(port, { servername: 'three.test' })).rejects.toThrow()
})

function secureGet(port: number, options: { cert?: string; key?: string; servername?: string }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        agent: false,
        ca: ca.rootPem,
        checkServerIdentity: () => undefined,
        ...options,
      },
      response => {
        let body = ''
        response.on('data', part => (body += String(part)))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

test('a certificate is pinned by hash, and a stranger is let in unverified only where that is said', async () => {
  const hash = new X509Certificate(client.certificateChainPem).fingerprint256.replaceAll(':', '').toLowerCase()
  const peers = (over: Partial<PeerValidation>): DownstreamTlsConfig => downstreamTls({ validation: validation(over) })
  const tls = upstreamTls()
  const pinned = await inbound(peers({ certificateHashes: [hash] }))
  expect((await get(await outbound(pinned, tls))).status).toBe(200)
  await harness.close()
  harness = new Harness({ secrets })
  const other = await inbound(peers({ certificateHashes: ['0'.repeat(64)] }))
  expect((await get(await outbound(other, tls))).status).toBe(503)
  expect(harness.counter('listener.127.0.0.1_0.ssl.fail_verify_cert_hash')).toBeGreaterThan(0)
  await harness.close()
  harness = new Harness({ secrets })
  const open = await inbound(peers({ certificateHashes: ['0'.repeat(64)], acceptUntrusted: true }))
  expect((await get(await outbound(open, tls))).status).toBe(200)
})

test.each([1, 2] as const)('a PROXY header of version %s goes before the handshake; each client has its own connection', async version => {
  harness.engine.setCluster(cluster('app', [endpoint(await echo())]))
  const client = {
    name: 'x-client',
    value: '%DOWNSTREAM_REMOTE_ADDRESS%',
    action: 'append-if-exists-or-add',
    keepEmptyValue: false,
  } as const
  const told = route('/', routeAction([['app', 1]]), { headers: { ...NO_MUTATIONS, requestAdd: [client] } })
  const reader = proxyProtocol({ rules: [], allowWithoutHeader: false, passesOn: () => false, disallowedVersions: [], statPrefix: '' })
  const terminal = manager({ kind: 'inline', table: routeTable('r', [virtualHost(['*'], [told])]) })
  const server = await harness.listen(listener('inbound', [chain(terminal, { tls: downstreamTls() })], { listenerFilters: [reader] }))
  const proxyHeader = { version, passesOn: () => false }
  const transportSockets = [{ name: 'tls', criteria: {}, tls: upstreamTls(), proxyHeader }]
  harness.engine.setCluster(cluster('peer', [endpoint(server)], { transportSockets }))
  const proxy = await harness.listen(listener('outbound', [chain(manager(tables('peer')))]))
  const agents = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: true, maxSockets: 1 })]
  for (const agent of [...agents, ...agents]) {
    const answer = await get(proxy, { agent })
    const port = Object.values(agent.freeSockets).concat(Object.values(agent.sockets)).flat()[0]?.localPort
    expect(JSON.parse(answer.body).headers['x-client']).toBe(`127.0.0.1:${port}`)
  }
  for (const agent of agents) agent.destroy()
  expect(harness.counter('cluster.peer.upstream_cx_total')).toBe(2)
})

test('upstreams are asked for, and must have, the name of the request', async () => {
  harness.engine.setCluster(cluster('app', [endpoint(await echo())]))
  const sni = { name: 'x-sni', value: '%REQUESTED_SERVER_NAME%', action: 'append-if-exists-or-add', keepEmptyValue: false } as const
  const told = route('/', routeAction([['app', 1]]), { headers: { ...NO_MUTATIONS, requestAdd: [sni] } })
  const terminal = manager({ kind: 'inline', table: routeTable('r', [virtualHost(['*'], [told])]) })
  const server = await harness.listen(listener('inbound', [chain(terminal, { tls: downstreamTls() })], { listenerFilters: [tlsInspector] }))
  const transportSockets = [{ name: 'tls', criteria: {}, tls: upstreamTls(), proxyHeader: null }]
  const auto = { serverName: true, validation: false, header: 'x-name' }
  harness.engine.setCluster(cluster('peer', [endpoint(server)], { transportSockets, autoNames: auto }))
  const proxy = await harness.listen(listener('outbound', [chain(manager(tables('peer')))]))
  const sniOf = async (headers: Record<string, string>): Promise<unknown> =>
    JSON.parse((await get(proxy, { headers })).body).headers['x-sni']
  expect(await sniOf({ host: 'a.test:8080' })).toBe('a.test')
  expect(await sniOf({ host: 'a.test', 'x-name': 'b.test' })).toBe('b.test')
  expect(await sniOf({ host: 'a.test' })).toBe('a.test')
  expect(harness.counter('cluster.peer.upstream_cx_total')).toBe(2)
  harness.engine.setCluster(cluster('peer', [endpoint(server)], { transportSockets, autoNames: { ...auto, validation: true } }))
  expect((await get(proxy, { headers: { host: 'a.test' } })).status).toBe(503)
})

test('a certificate is asked for where hashes or names are; one that cannot be verified is still one', async () => {
  const status = async (validation: Partial<PeerValidation>, requireClientCertificate: boolean, shown: object): Promise<number> => {
    const base = downstreamTls()
    const tls = { ...base, requireClientCertificate, validation: base.validation === null ? null : { ...base.validation, ...validation } }
    const table = routeTable('r', [])
    const name = `l${Math.random()}`
    const port = await harness.listen(listener(name, [chain(manager({ kind: 'inline', table }), { tls })]))
    return secureGet(port, shown).then(
      answer => answer.status,
      () => 0,
    )
  }
  const anyName: Partial<PeerValidation> = {
    subjectAltNames: [{ type: 'uri', match: { kind: 'prefix', value: 'spiffe:', ignoreCase: false } }],
  }
  const own = { cert: client.certificateChainPem, key: client.privateKeyPem }
  expect(await status(anyName, false, {})).toBe(0)
  expect(await status(anyName, false, own)).toBe(404)
  expect(await status({ subjectAltNames: [] }, false, {})).toBe(404)
  expect(await status({ acceptUntrusted: true }, true, {})).toBe(0)
  expect(await status({ acceptUntrusted: true }, false, {})).toBe(404)
})
