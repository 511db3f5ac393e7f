import { createServer, request, type Server } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeAll, type Runner, startAll } from '@meshwork/core/lifecycle'
import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { ClusterLoadAssignment } from '@meshwork/protos/envoy/config/endpoint/v3/endpoint'
import { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { HttpConnectionManager } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { createTestCa } from '@meshwork/testkit/ca'
import { freePort } from '@meshwork/testkit/net'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, seal, type XdsResource } from '@meshwork/xds/types'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LogLevelSwitch } from '../admin/index.ts'
import { SdsServer } from '../agent/index.ts'
import { parseProxyOptions } from '../bootstrap/proxy-options.ts'
import type { SecretProvider } from '../tls/index.ts'
import { buildProxy, type Proxy } from './build-proxy.ts'

const KEY_TEXT = /PRIVATE KEY/

interface Reply {
  readonly status: number
  readonly body: string
}

function get(port: number, path: string, method = 'GET', headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** Answers with its name. */
async function application(name: string): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((_request, response) => response.end(name))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

function cluster(name: string): XdsResource {
  const json = { name, type: 3, eds_cluster_config: { eds_config: { ads: {} } }, connect_timeout: { seconds: '1' } }
  return seal(CLUSTER_TYPE, name, () => Cluster.encode(Cluster.fromJSON(json)).finish())
}

function endpoints(name: string, port: number): XdsResource {
  const endpoint = { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } }
  const json = { cluster_name: name, endpoints: [{ lb_endpoints: [endpoint] }] }
  return seal(ENDPOINT_TYPE, name, () => ClusterLoadAssignment.encode(ClusterLoadAssignment.fromJSON(json)).finish())
}

function routes(name: string, to: string, action: object = {}): XdsResource {
  const route = { match: { prefix: '/' }, route: { cluster: to, ...action } }
  const json = { name, virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] }
  return seal(ROUTE_TYPE, name, () => RouteConfiguration.encode(RouteConfiguration.fromJSON(json)).finish())
}

const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'

function listener(name: string, port: number, more: object = {}): XdsResource {
  const manager = HttpConnectionManager.fromJSON({
    stat_prefix: name,
    rds: { route_config_name: 'http' },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: { type_url: ROUTER } }],
  })
  const value = Buffer.from(HttpConnectionManager.encode(manager).finish()).toString('base64')
  const json = {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'http', typed_config: { type_url: MANAGER, value } }] }],
    ...more,
  }
  return seal(LISTENER_TYPE, name, () => Listener.encode(Listener.fromJSON(json)).finish())
}

class Rig {
  readonly pilot = new TestControlPlane()
  readonly folder: string = mkdtempSync(join(tmpdir(), 'proxy-'))
  readonly servers: Server[] = []
  readonly levels = new LogLevelSwitch('info')
  port = 0
  proxy: Proxy | null = null
  private running: Promise<void> = Promise.resolve()
  private runners: Runner[] = []

  get admin(): number {
    return this.proxy?.admin.boundPort ?? 0
  }

  async application(name: string): Promise<number> {
    const { server, port } = await application(name)
    this.servers.push(server)
    return port
  }

  /** Starts the proxy with a certificate from an SDS server; does not wait until it is ready. */
  async start(): Promise<void> {
    this.port = await freePort()
    await this.pilot.start()
    const ca = await createTestCa()
    const material = await ca.issue('spiffe://cluster.local/ns/default/sa/a')
    const secrets: SecretProvider = { certificate: () => material, roots: () => ca.rootPem, onChange: () => () => undefined }
    const socketPath = join(this.folder, 'sds')
    const sds = new SdsServer({ socketPath, secrets, clock: systemClock, log: silentLogger })
    const node = ['--node', 'sidecar~127.0.0.1~a.default~default.svc.cluster.local']
    const options = parseProxyOptions([...node, '--xds', this.pilot.address, '--admin', '127.0.0.1:0', '--sds', `unix:${socketPath}`])
    this.proxy = buildProxy(options, { clock: systemClock, log: silentLogger, levels: this.levels })
    this.runners = [sds, ...this.proxy.runners]
    this.running = startAll(this.runners, silentLogger)
    await vi.waitFor(() => expect(this.admin).toBeGreaterThan(0))
  }

  async ready(): Promise<void> {
    await this.running
  }

  async stop(): Promise<void> {
    await closeAll(this.runners, silentLogger)
    await this.running
    this.pilot.stop()
    for (const server of this.servers) server.close()
    for (const server of this.servers) server.closeAllConnections()
    rmSync(this.folder, { recursive: true })
  }
}

describe('a proxy', () => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig()
  })
  afterEach(() => rig.stop())

  async function configured(): Promise<void> {
    const app = await rig.application('one')
    await rig.start()
    rig.pilot.set(
      new Map([
        [CLUSTER_TYPE, [cluster('one')]],
        [ENDPOINT_TYPE, [endpoints('one', app)]],
        [LISTENER_TYPE, [listener('in', rig.port)]],
        [ROUTE_TYPE, [routes('http', 'one')]],
      ]),
    )
    await rig.ready()
  }

  it('is ready once its first configuration runs, and says before what is missing', async () => {
    await rig.start()
    await vi.waitFor(async () => expect((await get(rig.admin, '/ready')).body).toBe('INITIALIZING: waiting for the first configuration\n'))
    expect((await get(rig.admin, '/ready')).status).toBe(503)
    rig.pilot.set(
      new Map([
        [CLUSTER_TYPE, [cluster('one')]],
        [LISTENER_TYPE, []],
      ]),
    )
    await vi.waitFor(async () => expect((await get(rig.admin, '/ready')).body).toBe('INITIALIZING: waiting for clusters one\n'))
    rig.pilot.set(new Map([[ENDPOINT_TYPE, [endpoints('one', 1)]]]))
    await rig.ready()
    expect(await get(rig.admin, '/ready')).toEqual({ status: 200, body: 'LIVE\n' })
  })

  it('answers at once when its first routes were refused, with the path of what it refuses in the NACK', async () => {
    await rig.start()
    rig.pilot.set(
      new Map([
        [CLUSTER_TYPE, []],
        [LISTENER_TYPE, [listener('in', rig.port)]],
        [ROUTE_TYPE, [routes('http', 'one', { hedge_policy: { hedge_on_per_try_timeout: true } })]],
      ]),
    )
    await rig.ready()
    expect(await get(rig.port, '/')).toEqual({ status: 404, body: '' })
    expect(rig.pilot.answers.filter(({ typeUrl }) => typeUrl === ROUTE_TYPE).map(({ error }) => error)).toEqual([
      'http: virtual_hosts[0].routes[0].route.hedge_policy: is not supported',
    ])
    const app = await rig.application('one')
    rig.pilot.set(
      new Map([
        [CLUSTER_TYPE, [cluster('one')]],
        [ENDPOINT_TYPE, [endpoints('one', app)]],
        [ROUTE_TYPE, [routes('http', 'one')]],
      ]),
    )
    await vi.waitFor(async () => expect((await get(rig.port, '/')).body).toBe('one'))
  })

  it('carries requests as the control plane says', async () => {
    await configured()
    expect(await get(rig.port, '/')).toEqual({ status: 200, body: 'one' })
    const other = await rig.application('two')
    rig.pilot.set(
      new Map([
        [ROUTE_TYPE, [routes('http', 'two')]],
        [ENDPOINT_TYPE, [endpoints('two', other)]],
        [CLUSTER_TYPE, [cluster('two')]],
      ]),
    )
    await vi.waitFor(async () => expect((await get(rig.port, '/')).body).toBe('two'))
  })

  it('loses no request while configuration changes under traffic', async () => {
    await configured()
    const other = await rig.application('two')
    let stop = false
    const seen: Reply[] = []
    const traffic = (async () => {
      while (!stop) seen.push(await get(rig.port, '/'))
    })()
    for (const [to, port] of [
      ['two', other],
      ['three', other],
      ['two', other],
    ] as const) {
      rig.pilot.set(
        new Map([
          [CLUSTER_TYPE, [cluster(to)]],
          [ENDPOINT_TYPE, [endpoints(to, port)]],
          [ROUTE_TYPE, [routes('http', to)]],
        ]),
      )
      await new Promise(resolve => setTimeout(resolve, 60))
    }
    stop = true
    await traffic
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.filter(({ status }) => status !== 200)).toEqual([])
    expect(seen.at(-1)?.body).toBe('two')
  })

  it('loses no request when the control plane is killed, and takes up where it was when it comes back', async () => {
    await configured()
    let stop = false
    const seen: Reply[] = []
    const traffic = (async () => {
      while (!stop) seen.push(await get(rig.port, '/'))
    })()
    await new Promise(resolve => setTimeout(resolve, 50))
    rig.pilot.stop()
    await new Promise(resolve => setTimeout(resolve, 150))
    const during = seen.length
    expect((await get(rig.admin, '/ready')).body).toBe('LIVE\n')
    await rig.pilot.start()
    const other = await rig.application('two')
    rig.pilot.set(new Map([[ENDPOINT_TYPE, [endpoints('one', other)]]]))
    await vi.waitFor(() => expect(seen.at(-1)?.body).toBe('two'), { timeout: 5000 })
    stop = true
    await traffic
    expect(during).toBeGreaterThan(2)
    expect(seen.filter(({ status }) => status !== 200)).toEqual([])
  })

  it('rejects a bad listener, keeps the good one, and shows both', async () => {
    await configured()
    rig.pilot.set(new Map([[LISTENER_TYPE, [listener('in', rig.port, { udp_listener_config: { quic_options: {} } })]]]))
    await vi.waitFor(() => expect(rig.pilot.answers.at(-1)?.error).toBe('in: udp_listener_config: is not supported'))
    expect(await get(rig.port, '/')).toEqual({ status: 200, body: 'one' })
    const dump = await get(rig.admin, '/config_dump')
    expect(dump.body).toContain('"details": "in: udp_listener_config: is not supported"')
    expect((await get(rig.admin, '/stats?filter=lds.update_rejected')).body).toBe('listener_manager.lds.update_rejected: 1\n')
  })

  it('tells the control plane of a port that is taken', async () => {
    await configured()
    const taken = await rig.application('taken')
    rig.pilot.set(new Map([[LISTENER_TYPE, [listener('in', rig.port), listener('other', taken)]]]))
    await vi.waitFor(() => expect(rig.pilot.answers.at(-1)?.error).toMatch(/^other: /))
    expect(await get(rig.port, '/')).toEqual({ status: 200, body: 'one' })
  })

  it('shows its configuration in the shape of Envoy, without keys', async () => {
    await configured()
    const { body } = await get(rig.admin, '/config_dump?include_eds')
    const dump: unknown = JSON.parse(body)
    expect(dump).toMatchObject({
      configs: [
        {
          '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump',
          bootstrap: { node: { metadata: { INTERCEPTION_MODE: 'NONE' } } },
        },
        {
          dynamic_active_clusters: [
            { cluster: { name: 'one', type: 'EDS', connect_timeout: '1s', eds_cluster_config: { eds_config: { ads: {} } } } },
          ],
        },
        { dynamic_endpoint_configs: [{ endpoint_config: { cluster_name: 'one' } }] },
        {
          dynamic_listeners: [
            {
              name: 'in',
              active_state: {
                listener: {
                  filter_chains: [
                    {
                      filters: [
                        { typed_config: { '@type': MANAGER, stat_prefix: 'in', http_filters: [{ typed_config: { '@type': ROUTER } }] } },
                      ],
                    },
                  ],
                },
              },
            },
          ],
        },
        {
          dynamic_route_configs: [
            { route_config: { name: 'http', virtual_hosts: [{ routes: [{ match: { prefix: '/' }, route: { cluster: 'one' } }] }] } },
          ],
        },
        { '@type': 'type.googleapis.com/envoy.admin.v3.SecretsConfigDump' },
      ],
    })
    for (const page of ['/config_dump', '/certs', '/stats', '/clusters', '/listeners', '/server_info']) {
      expect((await get(rig.admin, page)).body).not.toMatch(KEY_TEXT)
    }
    expect((await get(rig.admin, '/listeners')).body).toBe(`in::127.0.0.1:${rig.port}\n`)
    expect((await get(rig.admin, '/clusters')).body).toMatch(/^one::127\.0\.0\.1:\d+::rq_total::0$/m)
  })

  it('changes nothing on GET, and answers only to its own names', async () => {
    await rig.start()
    expect((await get(rig.admin, '/logging?level=debug')).status).toBe(405)
    expect(rig.levels.level).toBe('info')
    expect(await get(rig.admin, '/logging?level=debug', 'POST')).toEqual({ status: 200, body: 'active level: debug\n' })
    expect(rig.levels.level).toBe('debug')
    expect((await get(rig.admin, '/ready', 'POST')).status).toBe(405)
    expect((await get(rig.admin, '/config_dump', 'GET', { host: 'evil.example' })).status).toBe(403)
    expect((await get(rig.admin, '/nothing')).status).toBe(404)
  })
})
