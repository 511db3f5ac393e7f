import { type HeaderChange, headerNameProblem, type HeaderOperations, headerValueProblem, isHostHeader } from '@meshwork/config/kinds'
import { joinPath, violation, type Violation } from '@meshwork/core/result'

/** Characters that end a header line, or that no header may have (RFC 9110 section 5.5). */
// oxlint-disable-next-line no-control-regex -- the point of the expression
const LINE_BREAK = /[\u0000\r\n]/

export type Direction = 'request' | 'response'

/** The operations without those that proxies refuse; the same operations if there are none. */
export function repairHeaders(operations: HeaderOperations, path: string, findings: Violation[]): HeaderOperations {
  const before = findings.length
  const request = repairChange(operations.request, `${path}.request`, 'request', findings)
  const response = repairChange(operations.response, `${path}.response`, 'response', findings)
  return findings.length === before ? operations : { request, response }
}

function repairChange(change: HeaderChange, path: string, direction: Direction, findings: Violation[]): HeaderChange {
  const hosts = direction === 'request' ? 'host-is-rewrite' : 'no-host'
  return {
    set: repairAdditions(change.set, `${path}.set`, hosts, findings),
    add: repairAdditions(change.add, `${path}.add`, hosts, findings),
    remove: repairRemovals(change.remove, `${path}.remove`, findings),
  }
}

/** `host-is-rewrite`: setting the host is carried out as a rewrite, so it is no header operation. */
export function repairAdditions(
  headers: Readonly<Record<string, string>>,
  path: string,
  hosts: 'host-is-rewrite' | 'no-host',
  findings: Violation[],
): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(([name, value]) => {
    const isRewrite = hosts === 'host-is-rewrite' && isHostHeader(name) && !LINE_BREAK.test(value)
    const mistake = isRewrite ? undefined : (headerNameProblem(name) ?? headerValueProblem(value))
    if (mistake !== undefined) findings.push(leftOut(joinPath(path, name), mistake))
    return mistake === undefined
  })
  return kept.length === Object.keys(headers).length ? headers : Object.fromEntries(kept)
}

export function repairRemovals(names: readonly string[], path: string, findings: Violation[]): readonly string[] {
  return names.filter((name, i) => {
    const mistake = headerNameProblem(name)
    if (mistake !== undefined) findings.push(leftOut(joinPath(path, i), mistake))
    return mistake === undefined
  })
}

export function leftOut(path: string, reason: string): Violation {
  return violation(path, 'left-out', `is left out: ${reason}`)
}
