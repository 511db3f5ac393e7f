import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { encodeJson } from '@meshwork/protos/json'
import { CLUSTER_TYPE, LISTENER_TYPE, seal } from '@meshwork/xds/types'
import { parse } from 'yaml'
import { afterEach, describe, expect, it } from 'vitest'

const UPSTREAM_TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'
const example = readFileSync(fileURLToPath(new URL('../../../examples/envoy/front-proxy.yaml', import.meta.url)), 'utf8')

/** The example with other ports: those of tests, which run side by side. */
function onPorts(ports: Readonly<Record<string, number>>): string {
  return Object.entries(ports).reduce((text, [from, to]) => text.replaceAll(`port_value: ${from} `, `port_value: ${to} `), example)
}

describe('a proxy started from a bootstrap', () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-bootstrap-'))
  let child: Child | null = null
  let upstream: Server | null = null
  afterEach(async () => {
    await child?.stop()
    upstream?.close()
    upstream?.closeAllConnections()
    child = null
    upstream = null
  })

  function start(text: string, ...args: readonly string[]): Child {
    const file = join(folder, 'bootstrap.yaml')
    writeFileSync(file, text)
    child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', file, ...args] })
    return child
  }

  it('serves the example', async () => {
    upstream = createServer((request, response) => response.end(`shop ${request.url}`))
    await new Promise<void>(resolve => upstream?.listen(0, '127.0.0.1', resolve))
    const { port } = upstream.address() as AddressInfo
    const [front, admin] = [await freePort(), await freePort()]
    await start(onPorts({ 10000: front, 9901: admin, 8081: port })).whenReady()
    expect(await (await fetch(`http://127.0.0.1:${admin}/ready`)).text()).toBe('LIVE\n')
    expect(await (await fetch(`http://127.0.0.1:${front}/hello`)).text()).toBe('hello from the front\n')
    expect(await (await fetch(`http://127.0.0.1:${front}/shop/cart?a=1`)).text()).toBe('shop /cart?a=1')
    child?.process.kill('SIGTERM')
    await child?.whenExited()
    expect(child?.process.exitCode).toBe(0)
  })

  it('takes listeners from the control plane that it names, and refuses a static half without one', async () => {
    const pilot = new TestControlPlane()
    const [front, admin] = [await freePort(), await freePort()]
    const [listener] = parse(onPorts({ 10000: front })).static_resources.listeners
    const encoded = encodeJson('envoy.config.listener.v3.Listener', listener)
    if (encoded.kind === 'err') throw new Error(JSON.stringify(encoded.error))
    pilot.set(
      new Map([
        [CLUSTER_TYPE, []],
        [LISTENER_TYPE, [seal(LISTENER_TYPE, 'front', () => encoded.value)]],
      ]),
    )
    await pilot.start()
    try {
      const [host, port] = pilot.address.split(':')
      const endpoint = `{ endpoint: { address: { socket_address: { address: ${host}, port_value: ${port} } } } }`
      const dynamic = `
node: { id: n, cluster: c }
admin: { address: { socket_address: { address: 127.0.0.1, port_value: ${admin} } } }
dynamic_resources:
  cds_config: { ads: {} }
  lds_config: { ads: {} }
  ads_config: { api_type: GRPC, transport_api_version: V3, grpc_services: [{ envoy_grpc: { cluster_name: xds } }] }
static_resources:
  clusters:
    - { name: xds, http2_protocol_options: {}, load_assignment: { cluster_name: xds, endpoints: [{ lb_endpoints: [${endpoint}] }] } }
`
      await start(dynamic).whenReady()
      expect(await (await fetch(`http://127.0.0.1:${front}/hello`)).text()).toBe('hello from the front\n')
      await child?.stop()
      const unfed = 'static_resources: { clusters: [{ name: a, type: EDS, eds_cluster_config: { eds_config: { ads: {} } } }] }'
      await expect(start(unfed).whenReady()).rejects.toMatchObject({
        message: expect.stringContaining('static_resources.clusters[0].eds_cluster_config: needs dynamic_resources.ads_config'),
      })
      const secret = '{ name: far, sds_config: { ads: {} } }'
      const context = `{ '@type': ${UPSTREAM_TLS}, common_tls_context: { tls_certificate_sds_secret_configs: [${secret}] } }`
      const tls = `static_resources: { clusters: [{ name: a, transport_socket: { name: tls, typed_config: ${context} } }] }`
      await expect(start(tls).whenReady()).rejects.toMatchObject({
        message: expect.stringContaining(
          "static_resources.clusters[0].transport_socket: secret 'far' from ads needs dynamic_resources.ads_config",
        ),
      })
    } finally {
      pilot.stop()
    }
  })

  it('refuses what it does not know or support, all of it, with paths, before anything listens', async () => {
    const [front, admin] = [await freePort(), await freePort()]
    const text = onPorts({ 10000: front, 9901: admin })
      .replace('stat_prefix: front', 'stat_prefix: front\n                server_nam: x')
      .replace('type: STRICT_DNS', 'type: STRICT_DSN')
    const started = start(text).whenReady()
    await expect(started).rejects.toMatchObject({
      code: 'BAD_BOOTSTRAP',
      message: expect.stringMatching(
        /static_resources\.listeners\[0\]\.filter_chains\[0\]\.filters\[0\]\.typed_config\.server_nam: unknown field .*did you mean server_name\?[^]*static_resources\.clusters\[1\]\.type: .*did you mean STRICT_DNS\?/,
      ),
    })
    await expect(fetch(`http://127.0.0.1:${admin}/ready`)).rejects.toThrow()
    rmSync(folder, { recursive: true })
  })
})
