import type { ServerTlsSettings } from '@meshwork/config/kinds'
import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { FilterChain } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { CommonTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { downstreamTlsSocket, meshTlsContext, subjectAltNames } from '../envoy/tls-context.ts'
import { buildConnectionManager } from '../filters/connection-manager.ts'
import { buildTcpFilters } from '../filters/tcp-proxy.ts'
import type { GatewayPortInputs, GatewayServerInputs } from './inputs.ts'
import { listenerAt, placeName, tlsInspector } from './listener-base.ts'

const OFFERED_PROTOCOLS: readonly string[] = ['h2', 'http/1.1']

/** One port of a gateway. Servers with TLS are told apart by SNI. */
export function buildGatewayPort(inputs: GatewayPortInputs): Listener {
  const byTls = inputs.servers.some(server => server.tls !== undefined)
  return {
    ...listenerAt(inputs.place, 'outbound'),
    listenerFilters: byTls ? [tlsInspector()] : [],
    filterChains: inputs.servers.map(server => buildChain(inputs, server)),
  }
}

function buildChain(inputs: GatewayPortInputs, server: GatewayServerInputs): FilterChain {
  const socket = server.tls === undefined ? undefined : serverSocket(server.tls)
  const { content } = server
  const filters =
    content.kind === 'http'
      ? [
          buildConnectionManager({
            statPrefix: `outbound_${placeName(inputs.place)}`,
            routes: { kind: 'rds', name: content.routeName },
            settings: inputs.settings,
            place: { kind: 'outbound' },
            edge: true,
            absoluteUrls: false,
            grpc: false,
          }),
        ]
      : buildTcpFilters(`outbound_${placeName(inputs.place)}`, content.destinations, inputs.settings, 'outbound')
  return FilterChain.fromPartial({
    ...(server.serverNames.length === 0 ? {} : { filterChainMatch: { serverNames: [...server.serverNames] } }),
    filters,
    ...(socket === undefined ? {} : { transportSocket: socket }),
  })
}

/** undefined: TLS passes through unopened. */
function serverSocket(tls: ServerTlsSettings): TransportSocket | undefined {
  switch (tls.mode) {
    case 'PASSTHROUGH':
    case 'AUTO_PASSTHROUGH':
      return undefined
    case 'ISTIO_MUTUAL':
      return downstreamTlsSocket({ commonTlsContext: meshTlsContext(OFFERED_PROTOCOLS, []), requireClientCertificate: true })
    case 'SIMPLE':
    case 'MUTUAL':
    case 'OPTIONAL_MUTUAL':
      return downstreamTlsSocket({ commonTlsContext: fileContext(tls), requireClientCertificate: tls.mode === 'MUTUAL' })
  }
}

/** Certificates from files on the gateway's machine. */
function fileContext(tls: ServerTlsSettings): CommonTlsContext {
  const { serverCertificate, privateKey, caCertificates } = tls
  return CommonTlsContext.fromPartial({
    tlsCertificates:
      serverCertificate === undefined || privateKey === undefined
        ? []
        : [{ certificateChain: file(serverCertificate), privateKey: file(privateKey) }],
    alpnProtocols: [...OFFERED_PROTOCOLS],
    ...(caCertificates === undefined || tls.mode === 'SIMPLE'
      ? {}
      : {
          validationContextType: {
            $case: 'validationContext',
            value: { trustedCa: file(caCertificates), matchTypedSubjectAltNames: subjectAltNames(tls.subjectAltNames) },
          },
        }),
  })
}

function file(name: string): { specifier: { $case: 'filename'; value: string } } {
  return { specifier: { $case: 'filename', value: name } }
}
