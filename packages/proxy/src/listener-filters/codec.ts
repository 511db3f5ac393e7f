import type { Report } from '../decode/report.ts'
import type { ListenerFilterBlueprint } from './listener-filter.ts'

/** How the configuration of one listener filter is decoded. Each filter's `config.ts` has one; `table.ts` lists them. */
export interface ListenerFilterCodec {
  /** Type URL of `typed_config`. */
  readonly typeUrl: string
  decode(bytes: Uint8Array, report: Report): ListenerFilterBlueprint
}
