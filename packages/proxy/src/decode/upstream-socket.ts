import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import { type ProxyProtocolConfig, ProxyProtocolConfig_Version } from '@meshwork/protos/envoy/config/core/v3/proxy_protocol'
import { ProxyProtocolUpstreamTransport } from '@meshwork/protos/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol'
import { passedOn } from '../listener-filters/proxy-protocol/passed-on.ts'
import type { TransportSocketMatch } from '../model/cluster.ts'
import type { ProxyHeaderConfig } from '../model/tls.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { decodeUpstreamTls } from './tls-context.ts'
import { unpack } from './unpack.ts'

const PROXY_PROTOCOL = 'type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport'

const FIELDS: FieldPolicy<ProxyProtocolUpstreamTransport> = { read: ['config', 'transportSocket'], harmless: [] }
const HEADER_FIELDS: FieldPolicy<ProxyProtocolConfig> = { read: ['version', 'passThroughTlvs'], harmless: [] }

type Socket = Pick<TransportSocketMatch, 'tls' | 'proxyHeader'>

/** TLS or plain text, either with a PROXY header before it. */
export function decodeUpstreamSocket(socket: TransportSocket | undefined, report: Report): Socket {
  const config = socket?.configType?.value
  if (config?.typeUrl !== PROXY_PROTOCOL) return { tls: decodeUpstreamTls(socket, report), proxyHeader: null }
  const inner = report.at('typed_config')
  const wrapper = unpack(config, PROXY_PROTOCOL, ProxyProtocolUpstreamTransport, inner)
  if (wrapper === null) return { tls: null, proxyHeader: null }
  refuseOtherFields(wrapper, FIELDS, inner)
  if (wrapper.transportSocket === undefined) inner.at('transport_socket').refuse('required', 'must be set')
  return {
    tls: decodeUpstreamTls(wrapper.transportSocket, inner.at('transport_socket')),
    proxyHeader: decodeProxyHeader(wrapper.config, inner.at('config')),
  }
}

function decodeProxyHeader(config: ProxyProtocolConfig | undefined, report: Report): ProxyHeaderConfig {
  if (config !== undefined) refuseOtherFields(config, HEADER_FIELDS, report)
  return { version: config?.version === ProxyProtocolConfig_Version.V2 ? 2 : 1, passesOn: passedOn(config?.passThroughTlvs) }
}
