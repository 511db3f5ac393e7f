import { ok, type Result, type Violation } from '@meshwork/core/result'
import { FilterCatalog } from '../decode/filter-codec.ts'
import { routeType } from '../decode/resource-types.ts'
import { RouteTable } from './route-table.ts'

/** A `RouteConfiguration` as it comes over the wire, ready for requests. It must have no settings for filters. */
export function readRouteTable(resource: Uint8Array): Result<RouteTable, readonly Violation[]> {
  const read = routeType(new FilterCatalog([])).decode(resource)
  return read.kind === 'ok' ? ok(new RouteTable(read.value)) : read
}
