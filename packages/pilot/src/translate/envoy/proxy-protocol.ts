import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import { ProxyProtocolConfig_Version } from '@meshwork/protos/envoy/config/core/v3/proxy_protocol'
import { ProxyProtocolUpstreamTransport } from '@meshwork/protos/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol'
import { packAny } from '@meshwork/protos/any'
import { PROXY_PROTOCOL_TRANSPORT } from './messages.ts'

const SOCKET = 'envoy.transport_sockets.upstream_proxy_protocol'

/** Sends the addresses of the downstream connection before the bytes of `inner`. */
export function proxyProtocolSocket(version: 'V1' | 'V2', inner: TransportSocket): TransportSocket {
  const config = { version: version === 'V1' ? ProxyProtocolConfig_Version.V1 : ProxyProtocolConfig_Version.V2 }
  const transport = ProxyProtocolUpstreamTransport.fromPartial({ config, transportSocket: inner })
  return { name: SOCKET, configType: { $case: 'typedConfig', value: packAny(PROXY_PROTOCOL_TRANSPORT, transport) } }
}
