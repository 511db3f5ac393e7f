import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeJson } from '@meshwork/protos/json'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE, seal, type XdsResource } from '@meshwork/xds/types'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { COPY_FILE } from './last-good-copy.ts'

const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'

function resource(typeUrl: string, message: string, value: { readonly name: string }): XdsResource {
  const encoded = encodeJson(message, JSON.parse(JSON.stringify(value)))
  if (encoded.kind === 'err') throw new Error(JSON.stringify(encoded.error))
  return seal(typeUrl, value.name, () => encoded.value)
}

function listener(name: string, port: number): XdsResource {
  const manager = {
    '@type': MANAGER,
    stat_prefix: name,
    rds: { route_config_name: 'table', config_source: { ads: {} } },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': ROUTER } }],
  }
  return resource(LISTENER_TYPE, 'envoy.config.listener.v3.Listener', {
    name,
    ...{ address: { socket_address: { address: '127.0.0.1', port_value: port } } },
    ...{ filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] },
  })
}

function table(answer: string): XdsResource {
  const route = { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: answer } } }
  return resource(ROUTE_TYPE, 'envoy.config.route.v3.RouteConfiguration', {
    name: 'table',
    ...{ virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
  })
}

describe.each(['GRPC', 'DELTA_GRPC'])('a proxy whose control plane is gone (%s)', apiType => {
  const pilot = new TestControlPlane()
  let folder = ''
  let child: Child | null = null
  let [front, other, admin]: readonly number[] = []
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'meshwork-state-'))
    ;[front = 0, other = 0, admin = 0] = await freePorts(3)
    pilot.set(
      new Map([
        [CLUSTER_TYPE, []],
        [LISTENER_TYPE, [listener('front', front), listener('other', other)]],
        [ROUTE_TYPE, [table('first')]],
      ]),
    )
    await pilot.start()
  })
  afterEach(async () => {
    await child?.stop()
    pilot.stop()
    rmSync(folder, { recursive: true })
  })

  function start(): Child {
    const [host, port] = pilot.address.split(':')
    const endpoint = `{ endpoint: { address: { socket_address: { address: ${host}, port_value: ${port} } } } }`
    const file = join(folder, 'bootstrap.yaml')
    writeFileSync(
      file,
      `
node: { id: n, cluster: c }
admin: { address: { socket_address: { address: 127.0.0.1, port_value: ${admin} } } }
dynamic_resources:
  cds_config: { ads: {} }
  lds_config: { ads: {} }
  ads_config: { api_type: ${apiType}, transport_api_version: V3, grpc_services: [{ envoy_grpc: { cluster_name: xds } }] }
static_resources:
  clusters:
    - { name: xds, http2_protocol_options: {}, load_assignment: { cluster_name: xds, endpoints: [{ lb_endpoints: [${endpoint}] }] } }
`,
    )
    child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', file, '--state-folder', folder] })
    return child
  }

  async function answer(port: number = front ?? 0): Promise<string> {
    return (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text()
  }

  /** Kills the proxy as soon as the copy is written, and the control plane with it. */
  async function crash(): Promise<void> {
    await start().whenReady()
    expect(await answer()).toBe('first')
    await expect.poll(() => statSync(join(folder, COPY_FILE)).size, { timeout: 5000 }).toBeGreaterThan(100)
    await child?.kill()
    pilot.stop()
  }

  it('serves from its disk what it served before, and follows the control plane when it is back', async () => {
    await crash()
    await start().whenReady()
    expect(await answer()).toBe('first')
    expect(await answer(other)).toBe('first')
    expect(child?.log.all()).toContain('starting from the last good configuration on disk')
    // Meanwhile the configuration changed: one listener is gone, and the answer is another.
    pilot.set(
      new Map([
        [LISTENER_TYPE, [listener('front', front ?? 0)]],
        [ROUTE_TYPE, [table('second')]],
      ]),
    )
    await pilot.start()
    await expect.poll(() => answer(), { timeout: 15_000 }).toBe('second')
    await expect.poll(() => answer(other).catch(() => 'refused'), { timeout: 5000 }).toBe('refused')
  })

  it('waits for the control plane when what is on its disk is damaged', async () => {
    await crash()
    truncateSync(join(folder, COPY_FILE), 200)
    const proxy = start()
    void proxy.whenReady().catch(() => undefined)
    await expect.poll(() => proxy.log.all(), { timeout: 10_000 }).toContain('the last good configuration on disk is not used')
    expect((await fetch(`http://127.0.0.1:${admin}/ready`)).status).toBe(503)
    await pilot.start()
    await proxy.whenReady()
    expect(await answer()).toBe('first')
  })
})
