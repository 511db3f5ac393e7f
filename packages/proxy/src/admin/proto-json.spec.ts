import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { DownstreamTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { expect, it } from 'vitest'
import { envoyJson } from './proto-json.ts'

const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'

it('writes field names, durations and free JSON as Envoy does', () => {
  const cluster = Cluster.fromPartial({
    name: 'a',
    connectTimeout: { seconds: 1n, nanos: 500_000_000 },
    dnsRefreshRate: { seconds: 60n },
    transportSocketMatches: [{ name: 'm', match: { tlsMode: 'istio' } }],
    metadata: { filterMetadata: { istio: { defaultPort: { someKey: 1 } } } },
  })
  expect(envoyJson(Cluster.toJSON(cluster))).toEqual({
    name: 'a',
    connect_timeout: '1.500s',
    dns_refresh_rate: '60s',
    transport_socket_matches: [{ name: 'm', match: { tlsMode: 'istio' } }],
    metadata: { filter_metadata: { istio: { defaultPort: { someKey: 1 } } } },
  })
})

it('opens what it knows inside `Any`, and shows no key', () => {
  const context = DownstreamTlsContext.fromPartial({
    commonTlsContext: {
      tlsCertificates: [
        {
          certificateChain: { specifier: { $case: 'inlineString', value: 'chain' } },
          privateKey: { specifier: { $case: 'inlineString', value: 'the key' } },
          password: { specifier: { $case: 'inlineString', value: 'the password' } },
        },
      ],
    },
  })
  const any = { typeUrl: TLS, value: Buffer.from(DownstreamTlsContext.encode(context).finish()).toString('base64') }
  expect(envoyJson({ transportSocket: { typedConfig: any } })).toEqual({
    transport_socket: {
      typed_config: {
        '@type': TLS,
        common_tls_context: {
          tls_certificates: [
            {
              certificate_chain: { inline_string: 'chain' },
              private_key: { inline_string: '[redacted]' },
              password: { inline_string: '[redacted]' },
            },
          ],
        },
      },
    },
  })
  expect(envoyJson({ typeUrl: 'type.example/X', value: 'YQ==' })).toEqual({ '@type': 'type.example/X', value: 'YQ==' })
})

it('keeps names that are keys of maps', () => {
  const table = RouteConfiguration.fromPartial({
    name: 'r',
    virtualHosts: [
      {
        domains: ['*'],
        routes: [
          { match: { pathSpecifier: { $case: 'prefix', value: '/' } }, typedPerFilterConfig: { myFilter: { typeUrl: 'type.example/X' } } },
        ],
      },
    ],
  })
  expect(envoyJson(RouteConfiguration.toJSON(table))).toEqual({
    name: 'r',
    virtual_hosts: [
      { domains: ['*'], routes: [{ match: { prefix: '/' }, typed_per_filter_config: { myFilter: { '@type': 'type.example/X' } } }] },
    ],
  })
})
