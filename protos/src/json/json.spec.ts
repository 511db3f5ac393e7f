import { Cluster } from '../../gen/envoy/config/cluster/v3/cluster.ts'
import { Secret } from '../../gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import { DownstreamTlsContext } from '../../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { expect, it } from 'vitest'
import { decodeJson, encodeJson } from './index.ts'

const CLUSTER = 'envoy.config.cluster.v3.Cluster'
const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'

it('reads and writes durations, wrappers, free JSON and maps of Any', () => {
  const json = {
    name: 'a',
    connect_timeout: '1.500s',
    max_requests_per_connection: 3,
    lb_policy: 'MAGLEV',
    typed_extension_protocol_options: { myOptions: { '@type': TLS, require_client_certificate: true } },
    metadata: { filter_metadata: { istio: { defaultPort: { someKey: [1, 'x', null] } } } },
  }
  const encoded = encodeJson(CLUSTER, json)
  if (encoded.kind === 'err') throw new Error(JSON.stringify(encoded.error))
  expect(Cluster.decode(encoded.value)).toMatchObject({
    name: 'a',
    connectTimeout: { seconds: 1n, nanos: 500_000_000 },
    maxRequestsPerConnection: 3,
  })
  expect(decodeJson(CLUSTER, encoded.value)).toEqual(json)
})

it('shows no key, neither in fields nor inside Any', () => {
  const text = (value: string): { specifier: { $case: 'inlineString'; value: string } } => ({ specifier: { $case: 'inlineString', value } })
  const tlsCertificate = { certificateChain: text('chain'), privateKey: text('the key'), password: text('the password') }
  const context = DownstreamTlsContext.encode(DownstreamTlsContext.fromPartial({ commonTlsContext: { tlsCertificates: [tlsCertificate] } }))
  const value = Cluster.encode(
    Cluster.fromPartial({ transportSocket: { configType: { $case: 'typedConfig', value: { typeUrl: TLS, value: context.finish() } } } }),
  ).finish()
  const shown = {
    certificate_chain: { inline_string: 'chain' },
    private_key: { inline_string: '[redacted]' },
    password: { inline_string: '[redacted]' },
  }
  expect(decodeJson(CLUSTER, value)).toEqual({
    transport_socket: { typed_config: { '@type': TLS, common_tls_context: { tls_certificates: [shown] } } },
  })
  const generic = Secret.encode(
    Secret.fromPartial({ name: 's', type: { $case: 'genericSecret', value: { secret: text('hidden') } } }),
  ).finish()
  expect(JSON.stringify(decodeJson('envoy.extensions.transport_sockets.tls.v3.Secret', generic))).not.toContain('hidden')
})

it('keeps an Any without definition as it is', () => {
  const any = { typeUrl: 'type.example/X', value: Uint8Array.of(97) }
  const bytes = Cluster.encode(Cluster.fromPartial({ typedExtensionProtocolOptions: { x: any } })).finish()
  expect(decodeJson(CLUSTER, bytes)).toEqual({ typed_extension_protocol_options: { x: { '@type': 'type.example/X', value: 'YQ==' } } })
})
