import { decodeTcpProxy } from '../../decode/tcp-proxy.ts'
import type { NetworkFilterCodec } from '../codec.ts'

export const tcpProxyCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
  decode: (bytes, report) => decodeTcpProxy(bytes, report),
}
