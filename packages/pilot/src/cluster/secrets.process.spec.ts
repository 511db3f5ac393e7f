import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { customResourceDefinitions } from '@meshwork/config/crds'
import { createTestCa } from '@meshwork/testkit/ca'
import { figures } from '@meshwork/testkit/faults'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { pilotAccount } from './testdata/pilot-account.ts'

const obstacle = apiServerObstacle()
const HOST = 'shop.example'
/** The goal, which is also the limit: a renewed certificate that is not served is an outage. */
const CHANGE_LIMIT_MS = 5000
const WAIT = { timeout: 20_000, interval: 50 }

describe.skipIf(obstacle !== null)(`TLS credentials in Secrets${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-credentials-'))
  const socket = join(folder, 'xds.sock')
  const children: Child[] = []
  let server: TestApiServer
  let ca: Awaited<ReturnType<typeof createTestCa>>
  let [xds, debug, edge]: readonly number[] = []

  beforeAll(async () => {
    ;[xds = 0, debug = 0, edge = 0] = await freePorts(3)
    server = await TestApiServer.start()
    ca = await createTestCa()
    await apply(customResourceDefinitions().filter(({ spec }) => spec.names.kind === 'Gateway'))
    await vi.waitFor(() => server.kubectl(['get', 'gateways.networking.istio.io']), WAIT)
    await server.kubectl(['create', 'namespace', 'istio-system'])
    const tls = { mode: 'SIMPLE', credentialName: 'shop' }
    const servers = [{ port: { number: edge, name: 'https', protocol: 'HTTPS' }, hosts: [HOST], tls }]
    const pod = { containers: [{ name: 'istio-proxy', image: 'none' }] }
    const labels = { istio: 'ingressgateway' }
    await apply([
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'gateway', namespace: 'istio-system', labels }, spec: pod },
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'Gateway',
        metadata: { name: 'edge', namespace: 'default' },
        spec: { selector: labels, servers },
      },
      await credential('istio-system'),
      await credential('default'),
    ])
    const flags = [
      '--kubeconfig',
      await pilotAccount(server, folder),
      '--xds-address',
      `127.0.0.1:${xds}`,
      '--xds-address',
      `unix:${socket}`,
    ]
    await start(
      startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args: [...flags, '--http-address', `127.0.0.1:${debug}`] }),
    )
    writeFileSync(join(folder, 'bootstrap.json'), JSON.stringify(bootstrap()))
    await start(startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', join(folder, 'bootstrap.json')] }))
  }, 90_000)

  afterAll(async () => {
    await Promise.all(children.map(child => child.stop()))
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  async function start(child: Child): Promise<void> {
    children.push(child)
    await child.whenReady()
  }

  /** Over a socket in the file system, where whoever connects may hold keys. */
  function bootstrap(): object {
    const metadata = { NAMESPACE: 'istio-system', LABELS: { istio: 'ingressgateway' } }
    const endpoints = [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: socket } } } }] }]
    const ads = { api_type: 'GRPC', transport_api_version: 'V3', grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }] }
    return {
      node: { id: 'router~127.0.0.1~gateway.istio-system~istio-system.svc.cluster.local', cluster: 'gateway', metadata },
      dynamic_resources: { cds_config: { ads: {} }, lds_config: { ads: {} }, ads_config: ads },
      static_resources: { clusters: [{ name: 'xds', http2_protocol_options: {}, load_assignment: { cluster_name: 'xds', endpoints } }] },
    }
  }

  function apply(items: readonly object[]): Promise<string> {
    return server.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  }

  /** A new certificate each time. */
  async function credential(namespace: string): Promise<object> {
    const { certificateChainPem, privateKeyPem } = await ca.issue(HOST)
    const encode = (pem: string): string => Buffer.from(pem).toString('base64')
    const data = { 'tls.crt': encode(certificateChainPem), 'tls.key': encode(privateKeyPem) }
    return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'shop', namespace }, data }
  }

  /** Of the certificate that the gateway shows; '' if it shows none. */
  function serialNumber(): Promise<string> {
    return new Promise(resolve => {
      const connection = connect({ host: '127.0.0.1', port: edge, servername: HOST, ca: ca.rootPem }, () => {
        resolve(connection.getPeerCertificate().serialNumber)
        connection.destroy()
      })
      connection.on('error', () => resolve(''))
    })
  }

  test('a gateway serves the certificate of the Secret in its namespace, and a new one seconds after it is there', async () => {
    await expect.poll(serialNumber, WAIT).not.toBe('')
    const times: number[] = []
    for (let i = 0; i < 3; i++) {
      const before = await serialNumber()
      const renewed = await credential('istio-system')
      const began = performance.now()
      await apply([renewed])
      await expect.poll(serialNumber, { timeout: CHANGE_LIMIT_MS, interval: 20 }).not.toBe(before)
      times.push(performance.now() - began)
    }
    figures('Secret applied to certificate served', { max: Math.max(...times) })
  })

  test('Secrets of namespaces without a gateway are not even asked for', async () => {
    // The account of this pilot may read none elsewhere: what it may not read it would tell of.
    const rejections = await (await fetch(`http://127.0.0.1:${debug}/debug/rejections`)).text()
    expect(JSON.parse(rejections)).toEqual([])
  })
})
