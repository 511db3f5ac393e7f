import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib'
import type { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import { Brotli } from '@meshwork/protos/envoy/extensions/compression/brotli/compressor/v3/brotli'
import { Gzip } from '@meshwork/protos/envoy/extensions/compression/gzip/compressor/v3/gzip'
import { Zstd } from '@meshwork/protos/envoy/extensions/compression/zstd/compressor/v3/zstd'
import {
  Compressor,
  type Compressor_CommonDirectionConfig,
  CompressorPerRoute,
} from '@meshwork/protos/envoy/extensions/filters/http/compressor/v3/compressor'
import { codecFor } from '../../decode/define-codec.ts'
import { refuseOtherFields } from '../../decode/field-policy.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { Report } from '../../decode/report.ts'
import { FILTER_DISABLED } from '../filter.ts'
import { type CompressorLibrary, type DirectionFields, compressorBlueprint, CompressorOverride } from './filter.ts'

const DEFAULT_MIN_LENGTH = 30
const DEFAULT_TYPES: readonly string[] = [
  'text/html',
  'text/plain',
  'text/css',
  'application/javascript',
  'application/x-javascript',
  'text/javascript',
  'text/x-javascript',
  'text/ecmascript',
  'text/js',
  'text/jscript',
  'text/x-js',
  'application/ecmascript',
  'application/x-json',
  'application/xml',
  'application/json',
  'image/svg+xml',
  'text/xml',
  'application/xhtml+xml',
]

export const compressorCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor',
  decode: codecFor(
    Compressor,
    {
      read: [
        'contentLength',
        'contentType',
        'disableOnEtagHeader',
        'removeAcceptEncodingHeader',
        'runtimeEnabled',
        'compressorLibrary',
        'requestDirectionConfig',
        'responseDirectionConfig',
        'chooseFirst',
      ],
      harmless: [],
    },
    readCompressor,
  ),
  perRoute: {
    typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.compressor.v3.CompressorPerRoute',
    decode: codecFor(CompressorPerRoute, { read: ['override'], harmless: [] }, ({ override }, report): unknown => {
      if (override?.$case === 'disabled') return FILTER_DISABLED
      if (override === undefined) report.refuse('required', 'must disable the filter or override it')
      return new CompressorOverride(override?.value.responseDirectionConfig?.removeAcceptEncodingHeader ?? null)
    }),
  },
}

function readCompressor(message: Compressor, report: Report): ReturnType<typeof compressorBlueprint> {
  const response = message.responseDirectionConfig
  // The fields of the message itself are the older form of `response_direction_config`.
  const older: Compressor_CommonDirectionConfig = {
    enabled: message.runtimeEnabled,
    minContentLength: message.contentLength,
    contentType: message.contentType,
  }
  const request = message.requestDirectionConfig
  return compressorBlueprint({
    library: readLibrary(message.compressorLibrary, report.at('compressor_library')),
    response: readDirection(response === undefined ? older : response.commonConfig, true),
    request: request === undefined ? null : readDirection(request.commonConfig, false),
    disabledByEtag: response?.disableOnEtagHeader ?? message.disableOnEtagHeader,
    removesAcceptEncoding: response?.removeAcceptEncodingHeader ?? message.removeAcceptEncodingHeader,
    chooseFirst: message.chooseFirst,
  })
}

function readDirection(config: Compressor_CommonDirectionConfig | undefined, enabled: boolean): DirectionFields {
  return {
    enabled: config?.enabled === undefined ? enabled || config !== undefined : config.enabled.defaultValue !== false,
    minLength: config?.minContentLength ?? DEFAULT_MIN_LENGTH,
    contentTypes: new Set(
      config === undefined || config.contentType.length === 0 ? DEFAULT_TYPES : config.contentType.map(type => type.toLowerCase()),
    ),
  }
}

const PREFIX = 'type.googleapis.com/envoy.extensions.compression.'

function readLibrary(library: TypedExtensionConfig | undefined, report: Report): CompressorLibrary {
  const config = library?.typedConfig
  const at = report.at('typed_config')
  switch (config?.typeUrl.slice(PREFIX.length)) {
    case 'gzip.compressor.v3.Gzip':
      return gzipLibrary(Gzip.decode(config.value), at)
    case 'brotli.compressor.v3.Brotli':
      return brotliLibrary(Brotli.decode(config.value), at)
    case 'zstd.compressor.v3.Zstd':
      return zstdLibrary(Zstd.decode(config.value), at)
  }
  at.refuse(config === undefined ? 'required' : 'unknown-type', config === undefined ? 'must be set' : `${config.typeUrl} is not supported`)
  return { encoding: 'gzip', create: () => createGzip(), flushKind: constants.Z_SYNC_FLUSH }
}

/** Sizes and strategies change how small and how fast, not what the client reads. */
function gzipLibrary(gzip: Gzip, report: Report): CompressorLibrary {
  refuseOtherFields(
    gzip,
    { read: ['compressionLevel', 'memoryLevel', 'windowBits'], harmless: ['compressionStrategy', 'chunkSize'] },
    report,
  )
  // 0 is the default, 1 to 9 are levels; above are names for some of them.
  const level = gzip.compressionLevel >= 1 && gzip.compressionLevel <= 9 ? gzip.compressionLevel : constants.Z_DEFAULT_COMPRESSION
  const options = { level, memLevel: gzip.memoryLevel ?? 5, windowBits: gzip.windowBits ?? 12 }
  return { encoding: 'gzip', create: () => createGzip(options), flushKind: constants.Z_SYNC_FLUSH }
}

function brotliLibrary(brotli: Brotli, report: Report): CompressorLibrary {
  const harmless = ['encoderMode', 'inputBlockBits', 'chunkSize', 'disableLiteralContextModeling'] as const
  refuseOtherFields(brotli, { read: ['quality', 'windowBits'], harmless }, report)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: brotli.quality ?? 3,
    [constants.BROTLI_PARAM_LGWIN]: brotli.windowBits ?? 18,
  }
  return { encoding: 'br', create: () => createBrotliCompress({ params }), flushKind: constants.BROTLI_OPERATION_FLUSH }
}

function zstdLibrary(zstd: Zstd, report: Report): CompressorLibrary {
  refuseOtherFields(zstd, { read: ['compressionLevel', 'enableChecksum'], harmless: ['strategy', 'chunkSize'] }, report)
  const params = {
    [constants.ZSTD_c_compressionLevel]: zstd.compressionLevel ?? 3,
    [constants.ZSTD_c_checksumFlag]: zstd.enableChecksum ? 1 : 0,
  }
  return { encoding: 'zstd', create: () => createZstdCompress({ params }), flushKind: constants.ZSTD_e_flush }
}
