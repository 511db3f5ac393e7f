import {
  Decompressor,
  type Decompressor_CommonDirectionConfig,
} from '@meshwork/protos/envoy/extensions/filters/http/decompressor/v3/decompressor'
import { codecFor } from '../../decode/define-codec.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { decompressorBlueprint, type DirectionSettings } from './filter.ts'
import { readLibrary } from './library.ts'

export const decompressorCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.decompressor.v3.Decompressor',
  perRoute: null,
  decode: codecFor(
    Decompressor,
    { read: ['decompressorLibrary', 'requestDirectionConfig', 'responseDirectionConfig'], harmless: [] },
    ({ decompressorLibrary, requestDirectionConfig: request, responseDirectionConfig: response }, report) =>
      decompressorBlueprint({
        library: readLibrary(decompressorLibrary, report.at('decompressor_library')),
        request: readDirection(request?.commonConfig),
        response: readDirection(response?.commonConfig),
        advertises: request?.advertiseAcceptEncoding ?? true,
      }),
  ),
}

function readDirection(config: Decompressor_CommonDirectionConfig | undefined): DirectionSettings {
  return { enabled: config?.enabled?.defaultValue ?? true, ignoresNoTransform: config?.ignoreNoTransformHeader ?? false }
}
