import type { ClientTlsSettings } from '@meshwork/config/kinds'
import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import type { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import { CommonTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { meshTlsContext, PLAINTEXT_SOCKET, subjectAltNames, upstreamTlsSocket } from '../envoy/tls-context.ts'

/** What a cluster's TLS depends on. */
export interface UpstreamTlsInputs {
  readonly tls: ClientTlsSettings | undefined
  /** Mutual TLS wherever an endpoint's metadata says that it can. */
  readonly automatic: boolean
  readonly http2: boolean
  /** Offers proxies of ours to carry HTTP/1.1 in HTTP/2 frames; others answer with a name that they know. */
  readonly tunnel: boolean
  /** SNI of mesh connections. */
  readonly meshSni: string
  readonly serviceAccounts: readonly string[]
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
  const { tls } = inputs
  if (tls === undefined) return inputs.automatic ? { transportSocketMatches: automaticMatches(inputs) } : {}
  switch (tls.mode) {
    case 'DISABLE':
      return {}
    case 'ISTIO_MUTUAL':
      return { transportSocket: meshSocket(inputs, tls) }
    case 'SIMPLE':
    case 'MUTUAL':
      return { transportSocket: originatedTls(tls, inputs.http2) }
  }
}

/** Endpoints whose metadata says `tlsMode: istio` get mutual TLS, all others plain text: Istio's automatic mutual TLS. */
function automaticMatches(inputs: UpstreamTlsInputs): Cluster['transportSocketMatches'] {
  return [
    { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: meshSocket(inputs, undefined) },
    { name: 'tlsMode-disabled', match: {}, transportSocket: PLAINTEXT_SOCKET },
  ]
}

function meshSocket(inputs: UpstreamTlsInputs, tls: ClientTlsSettings | undefined): TransportSocket {
  const asked = tls === undefined || tls.subjectAltNames.length === 0 ? inputs.serviceAccounts : tls.subjectAltNames
  const sans = asked.length === 0 ? NOBODY : asked
  const alpn = [...(inputs.tunnel ? [TUNNEL_PROTOCOL] : []), ...MESH_ALPN, ...(inputs.http2 ? ['h2'] : [])]
  return upstreamTlsSocket({ commonTlsContext: meshTlsContext(alpn, sans), sni: tls?.sni || inputs.meshSni })
}

/** TLS with certificates from files, for servers outside the mesh. Without roots of its own the rule trusts the system's. */
function originatedTls(tls: ClientTlsSettings, http2: boolean): TransportSocket {
  const validation = {
    matchTypedSubjectAltNames: subjectAltNames(tls.subjectAltNames),
    ...(tls.insecureSkipVerify === true ? {} : { trustedCa: file(tls.caCertificates || SYSTEM_ROOTS) }),
  }
  return upstreamTlsSocket({
    commonTlsContext: CommonTlsContext.fromPartial({
      tlsCertificates:
        tls.mode === 'MUTUAL' && tls.clientCertificate !== undefined && tls.privateKey !== undefined
          ? [{ certificateChain: file(tls.clientCertificate), privateKey: file(tls.privateKey) }]
          : [],
      validationContextType: { $case: 'validationContext', value: validation },
      alpnProtocols: http2 ? ['h2'] : [],
    }),
    sni: tls.sni ?? '',
  })
}

function file(name: string): { specifier: { $case: 'filename'; value: string } } {
  return { specifier: { $case: 'filename', value: name } }
}
