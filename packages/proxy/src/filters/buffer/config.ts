import { Buffer as BufferMessage, BufferPerRoute } from '@meshwork/protos/envoy/extensions/filters/http/buffer/v3/buffer'
import { codecFor } from '../../decode/define-codec.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { Report } from '../../decode/report.ts'
import { FILTER_DISABLED } from '../filter.ts'
import { bufferBlueprint, BufferSettings } from './filter.ts'

export const bufferCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer',
  decode: codecFor(BufferMessage, { read: ['maxRequestBytes'], harmless: [] }, (message, report) =>
    bufferBlueprint(readBuffer(message, report)),
  ),
  perRoute: {
    typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute',
    decode: codecFor(BufferPerRoute, { read: ['override'], harmless: [] }, ({ override }, report): unknown => {
      if (override?.$case === 'buffer') return readBuffer(override.value, report.at('buffer'))
      if (override?.value !== true) report.refuse('required', 'must disable the filter or say how it buffers')
      return FILTER_DISABLED
    }),
  },
}

function readBuffer({ maxRequestBytes }: BufferMessage, report: Report): BufferSettings {
  if (maxRequestBytes === undefined || maxRequestBytes === 0) report.at('max_request_bytes').refuse('required', 'must be more than 0')
  return new BufferSettings(maxRequestBytes ?? 0)
}
