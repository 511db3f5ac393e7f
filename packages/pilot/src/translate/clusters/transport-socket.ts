import type { ClientTlsSettings, TrafficPolicy } from '@meshwork/config/kinds'
import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import { type Cluster, Cluster_TransportSocketMatch } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { type BinaryWriter, encodeMessage } from '@meshwork/protos/encode-message'
import type { DeepPartial, TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import { CommonTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { proxyProtocolSocket } from '../envoy/proxy-protocol.ts'
import { deliveredSecret } from '../envoy/sds.ts'
import {
  encodedMeshContext,
  meshUpstreamSocket,
  PLAINTEXT_SOCKET,
  subjectAltNames,
  upstreamTlsSocket,
  writeMeshUpstreamSocket,
} from '../envoy/tls-context.ts'
import type { ClientCredential } from './inputs.ts'

/** The other end of mutual TLS in the mesh. */
export interface MeshPeer {
  readonly http2: boolean
  /** Offers proxies of ours to carry HTTP/1.1 in HTTP/2 frames; others answer with a name that they know. */
  readonly tunnel: boolean
  /** SNI of mesh connections. */
  readonly meshSni: string
  readonly serviceAccounts: readonly string[]
}

/** What a cluster's TLS depends on. */
export interface UpstreamTlsInputs extends MeshPeer {
  readonly tls: ClientTlsSettings | undefined
  /** Without TLS settings: mutual TLS wherever an endpoint's metadata says that it can, to all endpoints, or to none. */
  readonly automatic: 'by-endpoint' | 'always' | 'never'
  /** A PROXY header before all other bytes. */
  readonly proxyProtocol: TrafficPolicy['proxyProtocol']
  /** For TLS to servers outside of the mesh: certificates that come over SDS instead of from files. */
  readonly credential: ClientCredential | undefined
  /** Names that a server outside of the mesh must have one of, if the TLS settings list none: the service's own. */
  readonly statedNames: readonly string[]
}

/** Words by which Istio's proxies know each other's TLS; the receiving side tells mesh traffic from the application's own TLS by them. */
const MESH_ALPN: readonly string[] = ['istio-peer-exchange', 'istio']
/**
 * A service whose identities are not known is nobody, not anybody: without a name to look for, a proxy would take any
 * certificate of the mesh (security.md row 30). No authority issues below `.invalid` (RFC 6761).
 */
const NOBODY: readonly string[] = ['spiffe://unknown.invalid/ns/unknown/sa/unknown']
const SYSTEM_ROOTS = '/etc/ssl/certs/ca-certificates.crt'

export type SocketFields = Partial<Pick<Cluster, 'transportSocket' | 'transportSocketMatches'>>

export function buildTransportSocket(inputs: UpstreamTlsInputs): SocketFields {
  const { proxyProtocol } = inputs
  const fields = tlsFields(inputs)
  if (proxyProtocol === undefined) return fields
  const withHeader = (socket: TransportSocket): TransportSocket => proxyProtocolSocket(proxyProtocol.version, socket)
  const { transportSocket, transportSocketMatches: matches } = fields
  if (matches !== undefined) {
    return {
      transportSocketMatches: matches.map(match => ({
        ...match,
        transportSocket: match.transportSocket && withHeader(match.transportSocket),
      })),
    }
  }
  return { transportSocket: withHeader(transportSocket ?? PLAINTEXT_SOCKET) }
}

function tlsFields(inputs: UpstreamTlsInputs): SocketFields {
  const { tls } = inputs
  if (tls === undefined) {
    if (inputs.automatic === 'always') return { transportSocket: meshSocket(inputs, undefined) }
    return inputs.automatic === 'never' ? {} : { transportSocketMatches: automaticMatches(inputs) }
  }
  switch (tls.mode) {
    case 'DISABLE':
      return {}
    case 'ISTIO_MUTUAL':
      return { transportSocket: meshSocket(inputs, tls) }
    case 'SIMPLE':
    case 'MUTUAL':
      return { transportSocket: originatedTls(tls, inputs) }
  }
}

/** Endpoints whose metadata says `tlsMode: istio` get mutual TLS, all others plain text: Istio's automatic mutual TLS. */
function automaticMatches(peer: MeshPeer): NonNullable<SocketFields['transportSocketMatches']> {
  return [{ ...MUTUAL_TLS, transportSocket: meshSocket(peer, undefined) }, PLAINTEXT]
}

const MUTUAL_TLS = { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: undefined }
const PLAINTEXT = { name: 'tlsMode-disabled', match: {}, transportSocket: PLAINTEXT_SOCKET }
/** Field 43, `transport_socket_matches`, of Cluster; field 3, `transport_socket`, of its entries. */
const MATCHES = 346
const SOCKET = 26
const MUTUAL_TLS_BYTES = encodeMessage(Cluster_TransportSocketMatch, MUTUAL_TLS)
const PLAINTEXT_BYTES = encodeMessage(Cluster_TransportSocketMatch, PLAINTEXT)

/** `automaticMatches` as they stand in a Cluster, which nearly every one has. */
export function writeAutomaticMatches(peer: MeshPeer, writer: BinaryWriter): BinaryWriter {
  const inside = writer.uint32(MATCHES).fork().raw(MUTUAL_TLS_BYTES).uint32(SOCKET).fork()
  writeMeshUpstreamSocket(meshContext(peer, []), peer.meshSni, inside).join().join()
  return writer.uint32(MATCHES).bytes(PLAINTEXT_BYTES)
}

function meshSocket(peer: MeshPeer, tls: ClientTlsSettings | undefined): TransportSocket {
  return meshUpstreamSocket(meshContext(peer, tls?.subjectAltNames ?? []), tls?.sni || peer.meshSni)
}

/** `names`: those that the TLS settings ask for; empty: the identities of the service. */
function meshContext(peer: MeshPeer, names: readonly string[]): Uint8Array {
  const asked = names.length === 0 ? peer.serviceAccounts : names
  const alpn = [...(peer.tunnel ? [TUNNEL_PROTOCOL] : []), ...MESH_ALPN, ...(peer.http2 ? ['h2'] : [])]
  return encodedMeshContext(alpn, asked.length === 0 ? NOBODY : asked)
}

/** TLS for servers outside the mesh. Without roots of its own the rule trusts the system's. */
function originatedTls(tls: ClientTlsSettings, { http2, statedNames, credential }: UpstreamTlsInputs): TransportSocket {
  return upstreamTlsSocket({
    commonTlsContext: CommonTlsContext.fromPartial({
      ...(tls.mode === 'MUTUAL' ? ownCertificate(tls, credential) : {}),
      validationContextType: validationOf(tls, statedNames, credential),
      alpnProtocols: http2 ? ['h2'] : [],
    }),
    sni: tls.sni ?? '',
  })
}

function ownCertificate(tls: ClientTlsSettings, credential: ClientCredential | undefined): DeepPartial<CommonTlsContext> {
  if (credential !== undefined) return { tlsCertificateSdsSecretConfigs: [deliveredSecret(credential.certificate)] }
  const { clientCertificate, privateKey } = tls
  if (clientCertificate === undefined || privateKey === undefined) return {}
  return { tlsCertificates: [{ certificateChain: file(clientCertificate), privateKey: file(privateKey) }] }
}

/** Names are worth nothing from a certificate that nobody checks, so `insecureSkipVerify` drops them too. */
function validationOf(
  tls: ClientTlsSettings,
  statedNames: readonly string[],
  credential: ClientCredential | undefined,
): DeepPartial<CommonTlsContext['validationContextType']> {
  if (tls.insecureSkipVerify === true) return { $case: 'validationContext', value: {} }
  const names = { matchTypedSubjectAltNames: subjectAltNames(tls.subjectAltNames.length > 0 ? tls.subjectAltNames : statedNames) }
  if (credential !== undefined) {
    const value = { defaultValidationContext: names, validationContextSdsSecretConfig: deliveredSecret(credential.roots) }
    return { $case: 'combinedValidationContext', value }
  }
  const crl = tls.caCrl ? { crl: file(tls.caCrl) } : {}
  return { $case: 'validationContext', value: { ...names, trustedCa: file(rootsOf(tls.caCertificates)), ...crl } }
}

function file(name: string): { specifier: { $case: 'filename'; value: string } } {
  return { specifier: { $case: 'filename', value: name } }
}

/** `system` and nothing both mean the roots of the operating system. */
function rootsOf(path: string | undefined): string {
  return path === undefined || path === '' || path === 'system' ? SYSTEM_ROOTS : path
}
