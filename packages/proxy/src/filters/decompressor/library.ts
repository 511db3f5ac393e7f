import {
  type BrotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  type Gunzip,
  type ZstdDecompress,
} from 'node:zlib'
import type { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import { Brotli } from '@meshwork/protos/envoy/extensions/compression/brotli/decompressor/v3/brotli'
import { Gzip } from '@meshwork/protos/envoy/extensions/compression/gzip/decompressor/v3/gzip'
import { Zstd } from '@meshwork/protos/envoy/extensions/compression/zstd/decompressor/v3/zstd'
import { refuseOtherFields } from '../../decode/field-policy.ts'
import type { Report } from '../../decode/report.ts'
import { required } from '../../decode/scalars.ts'

/** How bodies of one coding are read. */
export interface DecompressorLibrary {
  /** As the configuration calls it; part of the names of statistics and trailers. */
  readonly name: string
  /** As in `content-encoding`. */
  readonly encoding: string
  /** Envoy's name for the statistics of the coding: `gzip`, `brotli`, `zstd`. */
  readonly family: string
  /** Statistic of bytes that are not of this coding, or become too many. */
  readonly errorCounter: string
  /** Bytes that may come out for each that went in. */
  readonly maxRatio: number
  create(): Gunzip | BrotliDecompress | ZstdDecompress
}

const PREFIX = 'type.googleapis.com/envoy.extensions.compression.'
/** Gzip.max_inflate_ratio: 100 unless set. The other codings have no such field and the same bound. */
const DEFAULT_RATIO = 100
const MAX_RATIO = 1032
const DEFAULT_WINDOW_BITS = 15

/** `decompressor_library`. null: refused. */
export function readLibrary(library: TypedExtensionConfig | undefined, report: Report): DecompressorLibrary | null {
  const config = library?.typedConfig
  const at = report.at('typed_config')
  const name = required(library?.name ?? '', report.at('name'))
  switch (config?.typeUrl.slice(PREFIX.length)) {
    case 'gzip.decompressor.v3.Gzip':
      return gzipLibrary(name, Gzip.decode(config.value), at)
    case 'brotli.decompressor.v3.Brotli':
      refuseOtherFields(Brotli.decode(config.value), { read: [], harmless: ['disableRingBufferReallocation', 'chunkSize'] }, at)
      return {
        name,
        encoding: 'br',
        family: 'brotli',
        errorCounter: 'brotli_error',
        maxRatio: DEFAULT_RATIO,
        create: () => createBrotliDecompress(),
      }
    case 'zstd.decompressor.v3.Zstd':
      refuseOtherFields(Zstd.decode(config.value), { read: [], harmless: ['chunkSize'] }, at)
      return {
        name,
        encoding: 'zstd',
        family: 'zstd',
        errorCounter: 'zstd_generic_error',
        maxRatio: DEFAULT_RATIO,
        create: () => createZstdDecompress(),
      }
  }
  at.refuse(config === undefined ? 'required' : 'unknown-type', config === undefined ? 'must be set' : `${config.typeUrl} is not supported`)
  return null
}

function gzipLibrary(name: string, gzip: Gzip, report: Report): DecompressorLibrary {
  refuseOtherFields(gzip, { read: ['windowBits', 'maxInflateRatio'], harmless: ['chunkSize'] }, report)
  const windowBits = gzip.windowBits ?? DEFAULT_WINDOW_BITS
  const maxRatio = gzip.maxInflateRatio ?? DEFAULT_RATIO
  if (windowBits < 9 || windowBits > 15) report.at('window_bits').refuse('out-of-range', 'must be between 9 and 15')
  if (maxRatio < 1 || maxRatio > MAX_RATIO) report.at('max_inflate_ratio').refuse('out-of-range', `must be between 1 and ${MAX_RATIO}`)
  return {
    name,
    encoding: 'gzip',
    family: 'gzip',
    errorCounter: 'zlib_data_error',
    maxRatio,
    create: () => createGunzip({ windowBits }),
  }
}
