import type { FilterCatalog } from '../decode/filter-codec.ts'
import type { Report } from '../decode/report.ts'
import type { TerminalConfig } from '../model/listener.ts'
import type { NetworkFilterBlueprint } from './network-filter.ts'

/** How the configuration of one network filter is decoded. Each filter's `config.ts` has one; `table.ts` lists them. */
export interface NetworkFilterCodec {
  /** Type URL of `typed_config`. */
  readonly typeUrl: string
  /** `httpFilters`: for the filter that has a chain of its own. */
  decode(bytes: Uint8Array, report: Report, httpFilters: FilterCatalog): TerminalConfig | NetworkFilterBlueprint
}
