import { describe, expect, it } from 'vitest'
import { decodeBootstrap } from '../decode/bootstrap.ts'
import { FilterCatalog } from '../decode/index.ts'
import { parseBootstrap } from './bootstrap-file.ts'
import { RuntimeOverrides } from './runtime-overrides.ts'

const CLUSTER = `
static_resources:
  clusters:
    - name: a
      connectTimeout: 0.25s
      load_assignment:
        cluster_name: a
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } } }] }]
`

describe('parseBootstrap', () => {
  it('reads YAML and JSON, field names in either form', () => {
    for (const text of [CLUSTER, '{"staticResources":{"clusters":[{"name":"a","connect_timeout":"0.250s"}]}}']) {
      const source = parseBootstrap(text)
      if (source.kind === 'err') throw new Error(JSON.stringify(source.error))
      const config = decodeBootstrap(source.value.bytes, new FilterCatalog([]))
      expect(config).toMatchObject({ kind: 'ok', value: { clusters: [{ name: 'a', connectTimeoutMs: 250 }], admin: null } })
    }
  })

  it('tells every mistake with its place and what was probably meant', () => {
    const text = CLUSTER.replace('port_value', 'port_valeu').replace(
      'connectTimeout: 0.25s',
      'lb_policy: LEAST_REQEST\n      connect_timeout: 5\n      name_: x\n      transport_socket: { name: tls, typed_config: { "@type": type.googleapis.com/x.Y } }',
    )
    const found = parseBootstrap(text)
    const cluster = 'static_resources.clusters[0]'
    expect(found.kind === 'err' && found.error.map(({ path, code, hint }) => [path, code, hint])).toEqual([
      [`${cluster}.lb_policy`, 'unknown-enum-value', 'did you mean LEAST_REQUEST?'],
      [`${cluster}.connect_timeout`, 'bad-value', undefined],
      [`${cluster}.name_`, 'unknown-field', 'did you mean name?'],
      [`${cluster}.transport_socket.typed_config.@type`, 'unknown-type', undefined],
      [
        `${cluster}.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_valeu`,
        'unknown-field',
        'did you mean port_value?',
      ],
    ])
  })

  it.each([
    ['not YAML', 'a: [', '', 'malformed'],
    ['no mapping', '- a', '', 'bad-value'],
    [
      'two of a oneof',
      '{"layered_runtime":{"layers":[{"name":"x","static_layer":{},"admin_layer":{}}]}}',
      'layered_runtime.layers[0].admin_layer',
      'duplicate-field',
    ],
    [
      'a number that does not fit',
      '{"admin":{"address":{"socket_address":{"port_value":-1}}}}',
      'admin.address.socket_address.port_value',
      'bad-value',
    ],
    [
      'a missing file',
      '{"static_resources":{"secrets":[{"name":"s","generic_secret":{"secret":{"filename":"/does/not/exist"}}}]}}',
      'static_resources.secrets[0].generic_secret.secret',
      'unreadable',
    ],
  ])('refuses %s', (_, text, path, code) => {
    const found = parseBootstrap(text)
    expect(found.kind === 'err' && found.error).toEqual([expect.objectContaining({ path, code })])
  })

  it('puts values of static runtime layers in place of the defaults of fields that name their keys', () => {
    const text = `
static_resources:
  clusters: []
  listeners:
    - name: l
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: limit
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit
                stat_prefix: l
                max_connections: 5
                runtime_enabled: { default_value: true, runtime_key: shop.limit }
layered_runtime:
  layers:
    - { name: one, static_layer: { shop: { limit: true, share: { numerator: 5, denominator: TEN_THOUSAND } } } }
    - { name: two, static_layer: { shop.limit: false } }
`
    const source = parseBootstrap(text)
    if (source.kind === 'err') throw new Error(JSON.stringify(source.error))
    expect([...source.value.runtimeKeys]).toEqual(['shop.limit'])
    const refused = decodeBootstrap(source.value.bytes, new FilterCatalog([]), source.value.runtimeKeys)
    const paths = refused.kind === 'err' ? refused.error.map(({ path }) => path) : []
    expect(paths.filter(path => path.includes('layered_runtime'))).toEqual(['layered_runtime.layers[0].static_layer.shop.share'])
  })

  it.each([
    ['RuntimeFractionalPercent', '25', { numerator: 25, denominator: 'HUNDRED' }],
    ['RuntimeFractionalPercent', 250, { numerator: 100, denominator: 'HUNDRED' }],
    ['RuntimeFractionalPercent', { numerator: 3, denominator: 'MILLION' }, { numerator: 3, denominator: 'MILLION' }],
    ['RuntimeUInt32', 7, 7],
    ['RuntimePercent', 12.5, { value: 12.5 }],
    ['RuntimeFeatureFlag', 'false', false],
    ['RuntimeFeatureFlag', 'maybe', 'default'],
  ])('%s with %j', (name, value, expected) => {
    const runtime = new RuntimeOverrides({ layered_runtime: { layers: [{ static_layer: { key: value } }] } })
    const message = { runtime_key: 'key', default_value: 'default' }
    expect(runtime.apply(`envoy.config.core.v3.${name}`, message)).toEqual({ ...message, default_value: expected })
  })
})
