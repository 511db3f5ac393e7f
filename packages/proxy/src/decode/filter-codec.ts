import type { Result, Violation } from '@meshwork/core/result'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import type { FilterBlueprint } from '../filters/filter.ts'
import { messageOf } from '@meshwork/core/result'
import type { NetworkFilterCodec } from '../network-filters/codec.ts'
import type { Report } from './report.ts'

/** How the configuration of one HTTP filter is decoded. Each filter's `config.ts` has one; `filters/table.ts` lists them. */
export interface HttpFilterCodec {
  /** Type URL of `typed_config`. */
  readonly typeUrl: string
  /** Violations have paths from the root of the filter's own message. */
  decode(bytes: Uint8Array): Result<FilterBlueprint, readonly Violation[]>
  /** Settings in `typed_per_filter_config`; null when the filter has none. */
  readonly perRoute: PerRouteCodec | null
}

export interface PerRouteCodec {
  readonly typeUrl: string
  decode(bytes: Uint8Array): Result<unknown, readonly Violation[]>
}

/** The filters a proxy knows, by type URL of their configuration and of their per-route settings. */
export class FilterCatalog {
  private readonly byType: ReadonlyMap<string, HttpFilterCodec>
  private readonly perRouteByType: ReadonlyMap<string, PerRouteCodec>

  private readonly network: readonly NetworkFilterCodec[]

  /** `network`: network filters that need something of this process. */
  constructor(codecs: readonly HttpFilterCodec[], network: readonly NetworkFilterCodec[] = []) {
    this.network = network
    this.byType = new Map(codecs.map(codec => [codec.typeUrl, codec]))
    this.perRouteByType = new Map(codecs.flatMap(({ perRoute }) => (perRoute === null ? [] : [[perRoute.typeUrl, perRoute] as const])))
  }

  networkCodec(type: string): NetworkFilterCodec | undefined {
    return this.network.find(({ typeUrl }) => typeUrl === type)
  }

  knows(typeUrl: string): boolean {
    return this.byType.has(typeUrl)
  }

  decode(config: Any, report: Report): FilterBlueprint | null {
    return decodeWith(this.byType.get(config.typeUrl), config, report)
  }

  /** undefined: no filter of ours has such settings. */
  decodePerRoute(config: Any, report: Report): unknown {
    return decodeWith(this.perRouteByType.get(config.typeUrl), config, report) ?? undefined
  }

  knowsPerRoute(typeUrl: string): boolean {
    return this.perRouteByType.has(typeUrl)
  }
}

function decodeWith<T>(
  codec: { decode(bytes: Uint8Array): Result<T, readonly Violation[]> } | undefined,
  config: Any,
  report: Report,
): T | null {
  if (codec === undefined) {
    report.refuse('unknown-type', `${config.typeUrl} is not supported`)
    return null
  }
  try {
    const decoded = codec.decode(config.value)
    if (decoded.kind === 'ok') return decoded.value
    for (const found of decoded.error) report.at(...(found.path === '' ? [] : [found.path])).refuse(found.code, found.message)
  } catch (error) {
    report.refuse('malformed', messageOf(error))
  }
  return null
}
