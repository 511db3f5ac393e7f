import { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import type { DeepPartial } from '@meshwork/protos/envoy/config/core/v3/base'
import { CommonTlsContext, DownstreamTlsContext, UpstreamTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import {
  SubjectAltNameMatcher,
  SubjectAltNameMatcher_SanType,
  TlsParameters_TlsProtocol,
} from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/common'
import { packAny, typeUrl } from '@meshwork/protos/any'
import { Any } from '@meshwork/protos/google/protobuf/any'
import { type BinaryWriter, encodeMessage, encodeWith } from '@meshwork/protos/encode-message'
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
/** `number << 3 | wire type`: fields 1 and 2 of UpstreamTlsContext, 3 of TransportSocket, 2 of Any. */
const COMMON_TLS_CONTEXT = 10
const SNI = 18
const TYPED_CONFIG = 26
const ANY_VALUE = 18
const TLS_SOCKET_NAME = encodeMessage(TransportSocket, { name: TLS_SOCKET, configType: undefined })
const UPSTREAM_TYPE_URL = encodeMessage(Any, { typeUrl: typeUrl(UPSTREAM_TLS.name), value: new Uint8Array() })

/** The context by which to meet workloads with one of the identities `sans`; the same for all services that have these. */
export function encodedMeshContext(alpnProtocols: readonly string[], sans: readonly string[]): Uint8Array {
  const key = `${alpnProtocols.join()} ${sans.join()}`
  let context = meshContexts.get(key)
  if (context === undefined) {
    if (meshContexts.size >= MOST_CONTEXTS) meshContexts.clear()
    context = encodeMessage(CommonTlsContext, meshTlsContext(alpnProtocols, sans))
    meshContexts.set(key, context)
  }
  return context
}

/** Mutual TLS to a workload of the mesh: an encoded CommonTlsContext, and the server's name. */
export function meshUpstreamSocket(context: Uint8Array, sni: string): TransportSocket {
  const value = encodeWith(writer => void writeUpstreamContext(context, sni, writer))
  return { name: TLS_SOCKET, configType: { $case: 'typedConfig', value: { typeUrl: typeUrl(UPSTREAM_TLS.name), value } } }
}

/** The fields of `meshUpstreamSocket`. */
export function writeMeshUpstreamSocket(context: Uint8Array, sni: string, writer: BinaryWriter): BinaryWriter {
  const value = writer.raw(TLS_SOCKET_NAME).uint32(TYPED_CONFIG).fork().raw(UPSTREAM_TYPE_URL).uint32(ANY_VALUE).fork()
  return writeUpstreamContext(context, sni, value).join().join()
}

function writeUpstreamContext(context: Uint8Array, sni: string, writer: BinaryWriter): BinaryWriter {
  return writer.uint32(COMMON_TLS_CONTEXT).bytes(context).uint32(SNI).string(sni)
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
