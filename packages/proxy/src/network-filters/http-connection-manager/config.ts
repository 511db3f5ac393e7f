import { decodeHttpConnectionManager } from '../../decode/http-connection-manager.ts'
import type { NetworkFilterCodec } from '../codec.ts'

export const httpConnectionManagerCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  decode: (bytes, report, httpFilters) => decodeHttpConnectionManager(bytes, httpFilters, report),
}
