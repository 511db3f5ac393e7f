import type { JsonValue } from '@meshwork/protos/json'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodedListener } from './testdata/decoded-listener.ts'
import { get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

const KEY = { fragments: [{ header_value_extractor: { name: 'X-Tenant', element_separator: ',', index: 0 } }] }

const scope = (name: string, tenant: string, body: string): JsonValue => {
  const routes = [{ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: body } } }]
  const table = { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] }
  return { name, route_configuration: table, key: { fragments: [{ string_key: tenant }] } }
}

function listener(scopedRoutes: JsonValue): ReturnType<typeof decodedListener> {
  const router = { name: 'router', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' } }
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'in',
    scoped_routes: scopedRoutes,
    http_filters: [router],
  }
  return decodedListener({ filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] })
}

const listed = (...scopes: readonly JsonValue[]): JsonValue => ({
  name: 's',
  scope_key_builder: KEY,
  scoped_route_configurations_list: { scoped_route_configurations: [...scopes] },
})

test('the scope of a request is found by its headers; without one there is no route', async () => {
  const decoded = listener(listed(scope('one', 'a', 'for a'), scope('two', 'b', 'for b')))
  if (decoded.kind === 'err') throw new Error(decoded.error.join('\n'))
  const port = await harness.listen(decoded.value)
  const answers = await Promise.all(['a', 'b,a', 'c'].map(tenant => get(port, { headers: { 'x-tenant': tenant } })))
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [200, 'for a'],
    [200, 'for b'],
    [404, ''],
  ])
  expect((await get(port)).status).toBe(404)
})

test('two scopes with one key are refused, and so is a key without fragments', () => {
  const decoded = listener(listed(scope('one', 'a', ''), scope('two', 'a', ''), { name: 'three', route_configuration_name: 'r' }))
  const at = 'filter_chains[0].filters[0].typed_config.scoped_routes.scoped_route_configurations_list.scoped_route_configurations'
  expect(decoded).toEqual({
    kind: 'err',
    error: [`${at}[2].key.fragments: must not be empty`, `${at}[1].key: scope 'one' has the same key`],
  })
})
