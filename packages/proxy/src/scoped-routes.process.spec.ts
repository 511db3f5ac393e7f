import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, startProgram } from '@meshwork/testkit/process'
import { jsonResources, TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE, SCOPED_ROUTE_TYPE } from '@meshwork/xds/types'
import { expect, test, vi } from 'vitest'

const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'

function listener(port: number): object {
  const scoped = {
    name: 'by-tenant',
    scope_key_builder: { fragments: [{ header_value_extractor: { name: 'x-tenant', index: 0 } }] },
    rds_config_source: { ads: {} },
    scoped_rds: { scoped_rds_config_source: { ads: {} } },
  }
  const router = { name: 'router', typed_config: { '@type': ROUTER } }
  const manager = { '@type': HCM, stat_prefix: 'in', scoped_routes: scoped, http_filters: [router] }
  const address = { socket_address: { address: '127.0.0.1', port_value: port } }
  return { name: 'in', address, filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] }
}

const scope = (name: string, tenant: string, table: string): object => ({
  name,
  route_configuration_name: table,
  key: { fragments: [{ string_key: tenant }] },
})

const table = (name: string): object => {
  const answer = { status: 200, body: { inline_string: name } }
  return { name, virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: answer }] }] }
}

function bootstrap(pilot: TestControlPlane, variant: string): object {
  const [address, port] = pilot.address.split(':')
  const endpoint = { endpoint: { address: { socket_address: { address, port_value: Number(port) } } } }
  const services = [{ envoy_grpc: { cluster_name: 'xds' } }]
  return {
    node: { id: 'n', cluster: 'c' },
    dynamic_resources: {
      cds_config: { ads: {} },
      lds_config: { ads: {} },
      ads_config: { api_type: variant, transport_api_version: 'V3', grpc_services: services },
    },
    static_resources: {
      clusters: [
        { name: 'xds', http2_protocol_options: {}, load_assignment: { cluster_name: 'xds', endpoints: [{ lb_endpoints: [endpoint] }] } },
      ],
    },
  }
}

for (const variant of ['GRPC', 'DELTA_GRPC']) {
  test(`scopes and their tables come from the control plane, and change (${variant})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scoped-'))
    const pilot = new TestControlPlane()
    const port = await freePort()
    const answer = async (tenant: string): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-tenant': tenant } })
      return response.status === 200 ? response.text() : String(response.status)
    }
    pilot.set(
      jsonResources({
        [CLUSTER_TYPE]: [],
        [LISTENER_TYPE]: [listener(port)],
        [SCOPED_ROUTE_TYPE]: [scope('one', 'a', 'table-a'), scope('two', 'b', 'table-b')],
        [ROUTE_TYPE]: [table('table-a'), table('table-b')],
      }),
    )
    await pilot.start()
    const file = join(folder, 'bootstrap.json')
    writeFileSync(file, JSON.stringify(bootstrap(pilot, variant)))
    const child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', file] })
    try {
      await child.whenReady()
      expect([await answer('a'), await answer('b'), await answer('c')]).toEqual(['table-a', 'table-b', '404'])
      // One scope takes the other's key, which goes; a new one brings a table of its own.
      pilot.set(
        jsonResources({
          [SCOPED_ROUTE_TYPE]: [scope('one', 'b', 'table-a'), scope('three', 'c', 'table-c')],
          [ROUTE_TYPE]: [table('table-a'), table('table-c')],
        }),
      )
      await vi.waitFor(async () => expect(await answer('c')).toBe('table-c'), { timeout: 10_000 })
      expect([await answer('a'), await answer('b')]).toEqual(['404', 'table-a'])
    } finally {
      await child.stop()
      pilot.stop()
      rmSync(folder, { recursive: true })
    }
  })
}
