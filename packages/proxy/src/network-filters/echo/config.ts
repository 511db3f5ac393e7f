import type { NetworkFilterCodec } from '../codec.ts'
import { echo } from './filter.ts'

export const echoCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo',
  decode: () => echo,
}
