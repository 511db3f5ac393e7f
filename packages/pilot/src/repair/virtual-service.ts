import type { HttpFault, HttpRoute, ObjectOf } from '@meshwork/config/kinds'
import { joinPath, type Violation } from '@meshwork/core/result'
import { leftOut, repairAdditions, repairHeaders, repairRemovals } from './header-operations.ts'
import type { Repaired } from './repair.ts'

/** Statuses with which a fault may abort (`FaultAbort.http_status`). */
const ABORT_STATUS = { least: 200, most: 599 } as const

export function repairVirtualService(object: ObjectOf<'VirtualService'>): Repaired<ObjectOf<'VirtualService'>> {
  const findings: Violation[] = []
  const http = object.spec.http.map((route, i) => repairRoute(route, joinPath('spec.http', i), findings))
  return findings.length === 0 ? { object, findings } : { object: { ...object, spec: { ...object.spec, http } }, findings }
}

function repairRoute(route: HttpRoute, path: string, findings: Violation[]): HttpRoute {
  const before = findings.length
  const { fault, ...rest } = route
  const mended = fault === undefined ? undefined : repairFault(fault, `${path}.fault`, findings)
  const repaired: HttpRoute = {
    ...rest,
    ...(mended !== undefined && { fault: mended }),
    headers: repairHeaders(route.headers, `${path}.headers`, findings),
    route: route.route.map((destination, i) => ({
      ...destination,
      headers: repairHeaders(destination.headers, `${joinPath(`${path}.route`, i)}.headers`, findings),
    })),
    appendHeaders: repairAdditions(route.appendHeaders, `${path}.appendHeaders`, 'no-host', findings),
    removeResponseHeaders: repairRemovals(route.removeResponseHeaders, `${path}.removeResponseHeaders`, findings),
  }
  return findings.length === before ? route : repaired
}

/** A fault without its abort where that names no status; undefined if nothing is left. */
function repairFault(fault: HttpFault, path: string, findings: Violation[]): HttpFault | undefined {
  const { abort, delay } = fault
  if (abort === undefined || abort.grpcStatus !== undefined) return fault
  const { httpStatus: status } = abort
  if (status !== undefined && status >= ABORT_STATUS.least && status <= ABORT_STATUS.most) return fault
  const reason = status === undefined ? 'it has no status' : `${status} is not a status from 200 to 599`
  findings.push(leftOut(`${path}.abort`, reason))
  return delay === undefined ? undefined : { delay }
}
