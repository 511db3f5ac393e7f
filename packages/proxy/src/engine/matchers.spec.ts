import { connect } from 'node:net'
import type { JsonValue } from '@meshwork/protos/json'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rbacCodec } from '../filters/rbac/index.ts'
import { answeringChain, decodedListener } from './testdata/decoded-listener.ts'
import { get, Harness } from './testdata/harness.ts'

const NETWORK_INPUTS = 'type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

const typed = (type: string, fields: Readonly<Record<string, JsonValue>> = {}): JsonValue => ({
  name: 'any',
  typed_config: { '@type': `type.googleapis.com/${type}`, ...fields },
})
const network = (input: string): JsonValue => ({ name: 'any', typed_config: { '@type': NETWORK_INPUTS + input } })
const header = (name: string): JsonValue => typed('envoy.type.matcher.v3.HttpRequestHeaderMatchInput', { header_name: name })
const verdict = (name: string, action: string): JsonValue => ({ action: typed('envoy.config.rbac.v3.Action', { name, action }) })
const chainNamed = (value: string): JsonValue => ({ action: typed('google.protobuf.StringValue', { value }) })
const when = (input: JsonValue, exact: string, onMatch: JsonValue): JsonValue => ({
  predicate: { single_predicate: { input, value_match: { exact } } },
  on_match: onMatch,
})

const BY_ROLE = {
  matcher_tree: {
    input: header('x-role'),
    exact_match_map: { map: { admin: verdict('admins', 'ALLOW'), guest: verdict('guests', 'DENY'), auditor: verdict('seen', 'LOG') } },
  },
}

const statuses = (port: number, values: readonly (string | null)[]): Promise<readonly number[]> =>
  Promise.all(values.map(async value => (await get(port, value === null ? {} : { headers: { 'x-role': value } })).status))

async function listen(json: Readonly<Record<string, JsonValue>>): Promise<number> {
  const decoded = decodedListener(json, [rbacCodec])
  if (decoded.kind === 'err') throw new Error(decoded.error.join('\n'))
  return harness.listen(decoded.value)
}

function problems(json: Readonly<Record<string, JsonValue>>): readonly string[] {
  const decoded = decodedListener(json, [rbacCodec])
  return decoded.kind === 'err' ? decoded.error : []
}

/** What a server that speaks first says to a client with this address. */
function greeting(port: number, localAddress: string): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    socket.on('data', part => (text += String(part)))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
  })
}

const greets = (text: string): JsonValue =>
  typed('envoy.extensions.filters.network.direct_response.v3.Config', { response: { inline_string: text } })

test('HTTP rules as a matcher: actions decide, and who is led to none is denied', async () => {
  const port = await listen({ filter_chains: [answeringChain(typed('envoy.extensions.filters.http.rbac.v3.RBAC', { matcher: BY_ROLE }))] })
  expect(await statuses(port, ['admin', 'guest', 'auditor', 'other', null])).toEqual([200, 403, 200, 403, 403])
  expect([harness.counter('http.in.rbac.allowed'), harness.counter('http.in.rbac.denied')]).toEqual([2, 3])
})

test('a shadow matcher only counts', async () => {
  const rbac = typed('envoy.extensions.filters.http.rbac.v3.RBAC', { shadow_matcher: BY_ROLE })
  const port = await listen({ filter_chains: [answeringChain(rbac)] })
  expect(await statuses(port, ['admin', 'guest'])).toEqual([200, 200])
  expect([harness.counter('http.in.rbac.shadow_allowed'), harness.counter('http.in.rbac.shadow_denied')]).toEqual([1, 1])
})

test('network rules as a matcher', async () => {
  const map = { '127.0.0.2': verdict('own', 'ALLOW'), '127.0.0.3': verdict('no', 'DENY') }
  const matcher = { matcher_tree: { input: network('DirectSourceIPInput'), exact_match_map: { map } } }
  const rbac = typed('envoy.extensions.filters.network.rbac.v3.RBAC', { stat_prefix: 'n', matcher })
  const port = await listen({ filter_chains: [{ filters: [rbac, greets('in')] }] })
  expect([await greeting(port, '127.0.0.2'), await greeting(port, '127.0.0.3'), await greeting(port, '127.0.0.4')]).toEqual(['in', '', ''])
})

test('filter chains by a matcher of addresses: a name that no chain has is nobody’s, no name is the default chain’s', async () => {
  const range = (address: string, length: number, onMatch: JsonValue): JsonValue => ({
    ranges: [{ address_prefix: address, prefix_len: length }],
    on_match: onMatch,
  })
  const ranges = {
    range_matchers: [
      range('127.0.0.0', 24, chainNamed('near')),
      range('127.0.0.3', 32, { matcher: { matcher_list: { matchers: [when(network('DestinationPortInput'), '1', chainNamed('far'))] } } }),
      range('127.0.0.4', 32, chainNamed('absent')),
    ],
  }
  const custom = typed('xds.type.matcher.v3.IPMatcher', ranges)
  const tree = { matcher: { matcher_tree: { input: network('SourceIPInput'), custom_match: custom } } }
  const port = await listen({
    filter_chain_matcher: {
      matcher_list: { matchers: [when(network('SourceIPInput'), '127.0.0.5', chainNamed('far'))] },
      on_no_match: tree,
    },
    filter_chains: [
      { name: 'near', filters: [greets('near')] },
      { name: 'far', filters: [greets('far')] },
    ],
    default_filter_chain: { filters: [greets('default')] },
  })
  const heard: string[] = []
  for (const ip of ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.1.1']) heard.push(await greeting(port, ip))
  expect(heard).toEqual(['near', 'near', '', 'far', 'default'])
})

test('what is not known is refused by its place', () => {
  const cel = typed('xds.type.matcher.v3.CelMatcher')
  const predicate = { single_predicate: { input: header('a'), custom_match: cel } }
  const matcher = { matcher_list: { matchers: [{ predicate, on_match: verdict('a', 'ALLOW') }] } }
  const at = 'filter_chains[0].filters[0].typed_config.http_filters[0].typed_config.matcher.matcher_list.matchers[0].predicate'
  expect(problems({ filter_chains: [answeringChain(typed('envoy.extensions.filters.http.rbac.v3.RBAC', { matcher }))] })).toEqual([
    `${at}.single_predicate.custom_match.typed_config.@type: xds.type.matcher.v3.CelMatcher is not supported`,
  ])
  const byHeader = { matcher_list: { matchers: [when(header('a'), 'b', chainNamed('x'))] } }
  expect(problems({ filter_chain_matcher: byHeader, filter_chains: [{ filters: [greets('x')], filter_chain_match: {} }] })).toEqual([
    'filter_chains[0].name: must be set beside filter_chain_matcher',
    'filter_chains[0].filter_chain_match: must not stand beside filter_chain_matcher',
    "filter_chain_matcher.matcher_list.matchers[0].predicate.single_predicate.input: 'type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput' is not known here",
  ])
})
