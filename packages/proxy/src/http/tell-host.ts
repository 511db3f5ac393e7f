import type { Host } from '../upstream/host.ts'
import type { HeaderTable } from './header-table.ts'
import { outlierStatus } from './outlier-status.ts'

/** What an answer says of the health of the host that gave it. */
export function tellHost(host: Host, requestHeaders: HeaderTable, status: number, headers: HeaderTable): void {
  if (host.outlier !== null) host.outlier.answered(outlierStatus(requestHeaders, status, headers))
  if (host.check !== null && headers.has('x-envoy-immediate-health-check-fail')) host.check.failNow()
}
