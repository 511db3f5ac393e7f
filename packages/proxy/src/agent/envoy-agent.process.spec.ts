import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { credentials } from '@grpc/grpc-js'
import { packAny, messageType } from '@meshwork/protos/any'
import { ApiConfigSource_ApiType, ApiVersion, ConfigSource } from '@meshwork/protos/envoy/config/core/v3/config_source'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { TcpProxy } from '@meshwork/protos/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy'
import { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import { DownstreamTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { DiscoveryRequest, type DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { SecretDiscoveryServiceClient } from '@meshwork/protos/envoy/service/secret/v3/sds'
import { CitadelProcess } from '@meshwork/testkit/ca'
import { adminPage, envoyBinary, envoyObstacle, whenAdminReady } from '@meshwork/testkit/mesh'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE, seal, type XdsResource } from '@meshwork/xds/types'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const CITADEL = builtProgram('citadel/main')
const AGENT = builtProgram('proxy/agent-main')
const TTL_SECONDS = 6
const URI = 'spiffe://cluster.local/ns/default/sa/reviews'

/** A listener that shows the workload's certificate and demands one, as pilot writes it. */
function mutualTlsListener(port: number): XdsResource {
  const sdsConfig = ConfigSource.fromPartial({
    configSourceSpecifier: {
      $case: 'apiConfigSource',
      value: {
        apiType: ApiConfigSource_ApiType.GRPC,
        transportApiVersion: ApiVersion.V3,
        grpcServices: [{ targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: 'sds-grpc' } } }],
      },
    },
    resourceApiVersion: ApiVersion.V3,
  })
  const context = DownstreamTlsContext.fromPartial({
    commonTlsContext: {
      tlsCertificateSdsSecretConfigs: [{ name: 'default', sdsConfig }],
      validationContextType: { $case: 'validationContextSdsSecretConfig', value: { name: 'ROOTCA', sdsConfig } },
    },
    requireClientCertificate: true,
  })
  const tcp = TcpProxy.fromPartial({ statPrefix: 'test', clusterSpecifier: { $case: 'cluster', value: 'sds-grpc' } })
  const tcpType = messageType('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', TcpProxy)
  const tlsType = messageType('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', DownstreamTlsContext)
  const listener = Listener.fromPartial({
    name: 'mutual-tls',
    address: { address: { $case: 'socketAddress', value: { address: '127.0.0.1', portSpecifier: { $case: 'portValue', value: port } } } },
    filterChains: [
      {
        filters: [{ name: 'tcp', configType: { $case: 'typedConfig', value: packAny(tcpType, tcp) } }],
        transportSocket: { name: 'tls', configType: { $case: 'typedConfig', value: packAny(tlsType, context) } },
      },
    ],
  })
  return seal(LISTENER_TYPE, 'mutual-tls', () => Listener.encode(listener).finish())
}

/** Every file below `folder`. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

const obstacle = envoyObstacle()

describe.skipIf(obstacle !== null)(`meshwork-agent envoy${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'agent-'))
  const temporary = join(directory, 'tmp')
  const controlPlane = new TestControlPlane()
  let citadel: CitadelProcess
  let agent: Child
  let listenerPort = 0
  let adminPort = 0
  let statusPort = 0

  beforeAll(async () => {
    mkdirSync(temporary)
    citadel = await CitadelProcess.start(CITADEL, '--root-key', 'ec-p256')
    listenerPort = await freePort()
    adminPort = await freePort()
    statusPort = await freePort()
    controlPlane.set(
      new Map([
        [CLUSTER_TYPE, []],
        [LISTENER_TYPE, [mutualTlsListener(listenerPort)]],
      ]),
    )
    await controlPlane.start()
    writeFileSync(join(directory, 'token'), citadel.issuer.token('default', 'reviews'))
    agent = startAgent()
    await agent.whenReady()
    await whenAdminReady(`127.0.0.1:${adminPort}`, agent, 10_000)
  })
  afterAll(async () => {
    await agent.stop()
    controlPlane.stop()
    await citadel[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  })

  function startAgent(): Child {
    const node = 'sidecar~127.0.0.1~reviews-1.default~default.svc.cluster.local'
    const args = [
      ...['envoy', '--envoy-binary', envoyBinary(), '--node', node, '--labels', 'app=reviews', '--interception', 'NONE'],
      ...['--namespace', 'default', '--service-account', 'reviews', '--certificate-ttl', String(TTL_SECONDS)],
      ...['--ca', `127.0.0.1:${citadel.port}`, '--ca-root', citadel.path('root-cert.pem'), '--token', join(directory, 'token')],
      ...['--xds', controlPlane.address, '--admin', `127.0.0.1:${adminPort}`],
      ...['--status-address', `127.0.0.1:${statusPort}`],
    ]
    // Applications of a mesh are told of their proxy by such variables; the agent must not go by them.
    const elsewhere = { http_proxy: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1', grpc_proxy: 'http://127.0.0.1:1' }
    return startProgram(AGENT, { name: 'agent', args, environment: { TMPDIR: temporary, ...elsewhere } })
  }

  /** The leaf that Envoy shows in a handshake by OpenSSL, as OpenSSL prints it. */
  function shown(): { text: string; serial: string } {
    const connect = ['s_client', '-connect', `127.0.0.1:${listenerPort}`, '-CAfile', citadel.path('root-cert.pem'), '-verify_return_error']
    const { stdout } = spawnSync('openssl', connect, { input: '', encoding: 'utf8', timeout: 5000 })
    const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(stdout)?.[0] ?? ''
    const text = execFileSync('openssl', ['x509', '-noout', '-text', '-serial'], { input: pem, encoding: 'utf8' })
    return { text, serial: /serial=(\S+)/.exec(text)?.[1] ?? '' }
  }

  async function untilSerialChanges(from: string, limitMs: number): Promise<string> {
    const end = Date.now() + limitMs
    for (;;) {
      const { serial } = shown()
      if (serial !== from) return serial
      if (Date.now() > end) throw new Error(`still ${from}; ${agent.log.tail(10)}`)
      await new Promise(resolve => setTimeout(resolve, 200))
    }
  }

  it("tells Envoy's metrics and readiness on the status port", async () => {
    const page = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${statusPort}${path}`)
    await expect.poll(async () => (await page('/healthz/ready')).status, { timeout: 10_000 }).toBe(200)
    const metrics = await (await page('/stats/prometheus')).text()
    expect(metrics).toContain('istio_agent_scrape_failures_total{type="envoy"} 0\n')
    expect(metrics).toMatch(/^envoy_server_live\{\} 1$/m)
    expect((await page('/quitquitquit')).status).toBe(404)
  })

  it('[security-28] shows an X.509-SVID of the workload on the wire', () => {
    const { text } = shown()
    expect(text).toMatch(new RegExp(`Subject Alternative Name: critical\\s+URI:${URI}\\n`))
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE\n/)
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/)
    expect(text).toMatch(/Extended Key Usage: *\s+TLS Web Server Authentication, TLS Web Client Authentication\n/)
    const [, start, end] = /Not Before: (.*)\n\s+Not After : (.*)\n/.exec(text) ?? []
    expect(Date.parse(start ?? '')).toBeLessThanOrEqual(Date.now() - 120_000)
    expect((Date.parse(end ?? '') - Date.parse(start ?? '')) / 1000).toBe(120 + TTL_SECONDS)
  })

  it('accepts Envoy’s part of the protocol and is accepted by it', () => {
    expect(controlPlane.answers.length).toBeGreaterThan(0)
    expect(controlPlane.answers.filter(answer => answer.error !== null)).toEqual([])
    expect(controlPlane.answers[0]?.node).toMatchObject({
      id: 'sidecar~127.0.0.1~reviews-1.default~default.svc.cluster.local',
      cluster: 'reviews.default',
      metadata: { NAMESPACE: 'default', LABELS: { app: 'reviews' }, SERVICE_ACCOUNT: 'reviews', INTERCEPTION_MODE: 'NONE' },
    })
  })

  it('renews at half of a real short life, and Envoy shows the new certificate', async () => {
    const first = shown().serial
    const before = Date.now()
    const second = await untilSerialChanges(first, TTL_SECONDS * 1000)
    expect(second).not.toBe('')
    expect(Date.now() - before).toBeLessThan((TTL_SECONDS / 2) * 1000 + 1500)
  })

  it('[security-20] writes no key to disk, and lets nobody else at its socket', () => {
    const files = filesBelow(temporary)
    expect(files.map(file => file.split('/').at(-1))).toEqual(['envoy.json'])
    for (const file of files) expect(readFileSync(file, 'utf8')).not.toContain('PRIVATE KEY')
    const [folder = ''] = readdirSync(temporary)
    expect(statSync(join(temporary, folder)).mode & 0o777).toBe(0o700)
    expect(statSync(join(temporary, folder, 'sds.sock')).mode & 0o777).toBe(0o600)
    expect(agent.log.all()).not.toMatch(/PRIVATE KEY|eyJ/)
  })

  it('[security-20] pushes each renewal over its socket, also after a client rejected one', async () => {
    const [folder = ''] = readdirSync(temporary)
    const client = new SecretDiscoveryServiceClient(`unix:${join(temporary, folder, 'sds.sock')}`, credentials.createInsecure())
    const call = client.streamSecrets()
    call.on('error', () => undefined)
    const answer = (fields: Parameters<typeof DiscoveryRequest.fromPartial>[0]): boolean =>
      call.write(DiscoveryRequest.fromPartial({ resourceNames: ['default', 'ROOTCA'], ...fields }))
    const versions: string[] = []
    const names: string[][] = []
    call.on('data', (response: DiscoveryResponse) => {
      const reject = versions.length === 1
      versions.push(response.versionInfo)
      names.push(response.resources.map(resource => Secret.decode(resource.value).name).toSorted())
      const error = reject ? { errorDetail: { code: 3, message: 'rejected by a test' } } : {}
      answer({ versionInfo: reject ? (versions[0] ?? '') : response.versionInfo, responseNonce: response.nonce, ...error })
    })
    answer({ node: { id: 'test' } })
    const end = Date.now() + TTL_SECONDS * 2000
    while (versions.length < 3 && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 50))
    call.cancel()
    client.close()
    expect(new Set(versions.slice(0, 3)).size).toBe(3)
    expect(names[0]).toEqual(['ROOTCA', 'default'])
    expect(agent.log.all()).toContain('rejected by a test')
  })

  it('goes on while citadel is away, and renews when it is back with the same root', async () => {
    const root = citadel.rootPem()
    await untilSerialChanges(shown().serial, TTL_SECONDS * 1000)
    await citadel.stop()
    const kept = shown().serial
    // Past half of the life, before its end.
    await new Promise(resolve => setTimeout(resolve, (TTL_SECONDS / 2) * 1000 + 500))
    expect(shown().serial).toBe(kept)
    expect(agent.log.all()).toContain('the old one stays in use')
    await citadel.restart()
    expect(citadel.rootPem()).toBe(root)
    expect(await untilSerialChanges(kept, 20_000)).not.toBe(kept)
  })

  it('keeps its secrets out of Envoy’s configuration dump', async () => {
    const dump = await adminPage(`127.0.0.1:${adminPort}`, '/config_dump')
    expect(dump.body).toContain('sds-grpc')
    expect(dump.body).not.toContain('PRIVATE KEY')
  })

  it('ends with Envoy’s exit code when Envoy is asked to end by others, and leaves nothing behind', async () => {
    await fetch(`http://127.0.0.1:${adminPort}/quitquitquit`, { method: 'POST' })
    await agent.whenExited()
    expect(agent.process.exitCode).toBe(0)
    expect(readdirSync(temporary)).toEqual([])
  })

  it('says what is wrong when Envoy cannot start', async () => {
    await using wrong = startProgram(AGENT, {
      name: 'agent',
      args: [
        ...['envoy', '--envoy-binary', '/nonexistent/envoy', '--node', 'sidecar~1~a.b~c', '--namespace', 'default'],
        ...['--service-account', 'a', '--ca-root', 'x', '--token', 'x', '--ca', `127.0.0.1:${citadel.port}`],
      ],
      environment: { TMPDIR: temporary },
    })
    await expect(wrong.whenReady()).rejects.toMatchObject({ code: 'ENVOY_NOT_FOUND' })
    await wrong.whenExited()
    expect(readdirSync(temporary)).toEqual([])
  })
})
