import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import type { DeepPartial } from '@meshwork/protos/envoy/config/core/v3/base'
import { CommonTlsContext, DownstreamTlsContext, UpstreamTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import {
  SubjectAltNameMatcher,
  SubjectAltNameMatcher_SanType,
  TlsParameters_TlsProtocol,
} from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import { packAny, typeUrl } from '@meshwork/protos/any'
import { encodeMessage, encodeWith } from '@meshwork/protos/encode-message'
import { DOWNSTREAM_TLS, RAW_BUFFER, UPSTREAM_TLS } from './messages.ts'
import { agentSecret, ROOTS_SECRET, WORKLOAD_SECRET } from './sds.ts'

const TLS_SOCKET = 'envoy.transport_sockets.tls'

/** No TLS at all. */
export const PLAINTEXT_SOCKET: TransportSocket = {
  name: 'envoy.transport_sockets.raw_buffer',
  configType: { $case: 'typedConfig', value: packAny(RAW_BUFFER, {}) },
}

export function upstreamTlsSocket(context: DeepPartial<UpstreamTlsContext>): TransportSocket {
  return { name: TLS_SOCKET, configType: { $case: 'typedConfig', value: packAny(UPSTREAM_TLS, UpstreamTlsContext.fromPartial(context)) } }
}

export function downstreamTlsSocket(context: DeepPartial<DownstreamTlsContext>): TransportSocket {
  return {
    name: TLS_SOCKET,
    configType: { $case: 'typedConfig', value: packAny(DOWNSTREAM_TLS, DownstreamTlsContext.fromPartial(context)) },
  }
}

/** Names of which a certificate must have one: SPIFFE ids are URIs, everything else is a host. */
export function subjectAltNames(names: readonly string[]): SubjectAltNameMatcher[] {
  return names.map(value =>
    SubjectAltNameMatcher.fromPartial({
      sanType: value.includes('://') ? SubjectAltNameMatcher_SanType.URI : SubjectAltNameMatcher_SanType.DNS,
      matcher: { matchPattern: { $case: 'exact', value } },
    }),
  )
}

/** Ways to meet a workload of the mesh: as many as there are identities. Beyond it they are encoded anew. */
const MOST_CONTEXTS = 4_096
const meshContexts = new Map<string, Uint8Array>()
/** Field 1, `common_tls_context`, of UpstreamTlsContext. */
const COMMON_TLS_CONTEXT = 10
const EMPTY_UPSTREAM = UpstreamTlsContext.fromPartial({})

/** Mutual TLS to a workload of the mesh. All but the server's name is the same for all services with the same identities. */
export function meshUpstreamSocket(alpnProtocols: readonly string[], sans: readonly string[], sni: string): TransportSocket {
  const key = `${alpnProtocols.join()} ${sans.join()}`
  let context = meshContexts.get(key)
  if (context === undefined) {
    if (meshContexts.size >= MOST_CONTEXTS) meshContexts.clear()
    context = encodeMessage(CommonTlsContext, meshTlsContext(alpnProtocols, sans))
    meshContexts.set(key, context)
  }
  const common = context
  const value = encodeWith(writer => {
    UpstreamTlsContext.encode({ ...EMPTY_UPSTREAM, sni }, writer.uint32(COMMON_TLS_CONTEXT).bytes(common))
  })
  return { name: TLS_SOCKET, configType: { $case: 'typedConfig', value: { typeUrl: typeUrl(UPSTREAM_TLS.name), value } } }
}

/** The context of a mesh identity: certificate and roots from the agent, peers named by `sans` (empty: anyone the roots vouch for). */
export function meshTlsContext(alpnProtocols: readonly string[], sans: readonly string[]): CommonTlsContext {
  return CommonTlsContext.fromPartial({
    tlsParams: {
      tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
      tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
    },
    tlsCertificateSdsSecretConfigs: [agentSecret(WORKLOAD_SECRET)],
    validationContextType: {
      $case: 'combinedValidationContext',
      value: {
        defaultValidationContext: {
          matchTypedSubjectAltNames: subjectAltNames(sans),
        },
        validationContextSdsSecretConfig: agentSecret(ROOTS_SECRET),
      },
    },
    alpnProtocols: [...alpnProtocols],
  })
}
