import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import { encodeJson } from '@meshwork/protos/json'
import { createTestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { SECRET_TYPE, seal, type XdsResource } from '@meshwork/xds/types'
import { afterEach, beforeEach, expect, it } from 'vitest'

const SECRET = 'envoy.extensions.transport_sockets.tls.v3.Secret'
const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'
const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'

/** Where the certificate of a listener comes from, by the listener's name. */
const SOURCES = {
  ads: { ads: {}, resource_api_version: 'V3' },
  served: {
    api_config_source: { api_type: 'GRPC', transport_api_version: 'V3', grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }] },
  },
} as const

let folder: string
let plane: TestControlPlane
let child: Child | null = null

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-secrets-'))
  plane = new TestControlPlane()
  await plane.start()
})

afterEach(async () => {
  await child?.stop()
  child = null
  plane.stop()
  rmSync(folder, { recursive: true, force: true })
})

function secretJson(name: string, { certificateChainPem, privateKeyPem }: TestCertificate): object {
  return {
    name,
    tls_certificate: { certificate_chain: { inline_string: certificateChainPem }, private_key: { inline_string: privateKeyPem } },
  }
}

function secretResource(name: string, certificate: TestCertificate): XdsResource {
  const encoded = encodeJson(SECRET, JSON.parse(JSON.stringify(secretJson(name, certificate))))
  if (encoded.kind === 'err') throw new Error(JSON.stringify(encoded.error))
  return seal(SECRET_TYPE, name, () => encoded.value)
}

function serialOf({ certificateChainPem }: TestCertificate): string {
  return new X509Certificate(certificateChainPem).serialNumber
}

function listen(name: string, port: number, source: object): object {
  const manager = {
    '@type': MANAGER,
    stat_prefix: name,
    http_filters: [{ name: 'router', typed_config: { '@type': ROUTER } }],
    route_config: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: { status: 204 } }] }],
    },
  }
  const context = {
    '@type': TLS,
    common_tls_context: { tls_certificate_sds_secret_configs: [{ name: 'server', sds_config: source }] },
  }
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'hcm', typed_config: manager }], transport_socket: { name: 'tls', typed_config: context } }],
  }
}

function shownAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '')
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

it('shows certificates from the control plane, from a server of secrets and from a file, and follows them', async () => {
  const authority = await createTestCa()
  const file = join(folder, 'secrets.yaml')
  const deliver = (certificate: TestCertificate): void => {
    plane.set(new Map([[SECRET_TYPE, [secretResource('server', certificate)]]]))
    const resource = { '@type': SECRET_TYPE, ...secretJson('server', certificate) }
    writeFileSync(file, JSON.stringify({ version_info: '1', resources: [resource] }))
  }
  const [first, second] = [await authority.issue(['a.example']), await authority.issue(['b.example'])]
  deliver(first)
  const ports = { ads: await freePort(), served: await freePort(), file: await freePort() }
  const [host, xdsPort] = plane.address.split(':')
  const endpoint = { endpoint: { address: { socket_address: { address: host, port_value: Number(xdsPort) } } } }
  const bootstrap = {
    node: { id: 'edge', cluster: 'edge' },
    dynamic_resources: {
      ads_config: { api_type: 'GRPC', transport_api_version: 'V3', grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }] },
    },
    static_resources: {
      listeners: [
        listen('ads', ports.ads, SOURCES.ads),
        listen('served', ports.served, SOURCES.served),
        listen('file', ports.file, { path_config_source: { path: file } }),
      ],
      clusters: [
        { name: 'xds', http2_protocol_options: {}, load_assignment: { cluster_name: 'xds', endpoints: [{ lb_endpoints: [endpoint] }] } },
      ],
    },
  }
  const path = join(folder, 'bootstrap.json')
  writeFileSync(path, JSON.stringify(bootstrap))
  child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', path] })
  await child.whenReady()
  const shown = async (): Promise<readonly string[]> => await Promise.all(Object.values(ports).map(shownAt))
  expect(await shown()).toEqual(Array.from({ length: 3 }, () => serialOf(first)))
  deliver(second)
  await expect.poll(shown, { timeout: 10_000 }).toEqual(Array.from({ length: 3 }, () => serialOf(second)))
  writeFileSync(file, 'resources: [ not a list of resources ]')
  await expect.poll(() => child?.log.all() ?? '', { timeout: 10_000 }).toContain('file of secrets refused')
  expect(await shownAt(ports.file)).toBe(serialOf(second))
})

it('refuses a secret that comes from nowhere, with its place', async () => {
  const path = join(folder, 'bootstrap.json')
  const cluster = { api_config_source: { api_type: 'GRPC', grpc_services: [{ envoy_grpc: { cluster_name: 'nowhere' } }] } }
  writeFileSync(path, JSON.stringify({ static_resources: { listeners: [listen('a', 0, cluster), listen('b', 0, SOURCES.ads)] } }))
  child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', path] })
  await expect(child.whenReady()).rejects.toMatchObject({
    message: expect.stringMatching(
      /listeners\[0\]\.transport_socket: there is no static cluster 'nowhere'[^]*listeners\[1\]\.transport_socket: secret 'server' from ads needs dynamic_resources\.ads_config/,
    ),
  })
})
