import { joinPath, violation, type Violation } from '@meshwork/core/result'
import type { Labels } from '../shape/networking.ts'
import { checkFqdn, isDnsLabel } from './hostname.ts'

const LABEL_KEY = /^(?:[a-zA-Z0-9](?:[-a-zA-Z0-9.]{0,251}[a-zA-Z0-9])?\/)?[a-zA-Z0-9](?:[-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?$/
const LABEL_VALUE = /^(?:[a-zA-Z0-9](?:[-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?)?$/

/** Kubernetes' syntax of labels, which is that of Istio's selectors too. */
export function checkLabels(path: string, labels: Labels): readonly Violation[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const violations: Violation[] = []
    if (!LABEL_KEY.test(key)) violations.push(violation(path, 'bad-label', `'${key}' is not a label name`))
    if (!LABEL_VALUE.test(value)) violations.push(violation(joinPath(path, key), 'bad-label', `'${value}' is not a label value`))
    return violations
  })
}

/** Selectors must not have wildcards, which an API would take for plain characters. */
export function checkSelector(path: string, labels: Labels | undefined): readonly Violation[] {
  return labels === undefined ? [] : checkLabels(path, labels)
}

/** Entries are `*`, `.`, `~` or names of namespaces, no two alike, and `*` only alone. */
export function checkExportTo(
  path: string,
  exportTo: readonly string[],
  nobody: 'nobody-allowed' | 'nobody-forbidden',
): readonly Violation[] {
  const violations: Violation[] = []
  exportTo.forEach((entry, i) => {
    const place = joinPath(path, i)
    const special = entry === '*' || entry === '.' || (entry === '~' && nobody === 'nobody-allowed')
    if (!special && !isDnsLabel(entry))
      violations.push(violation(place, 'bad-export', `'${entry}' is neither '.', '*' nor the name of a namespace`))
    if (exportTo.indexOf(entry) !== i) violations.push(violation(place, 'duplicate', `'${entry}' stands in the list twice`))
  })
  const exclusive = exportTo.find(entry => entry === '*' || entry === '~')
  if (exclusive !== undefined && exportTo.length > 1) {
    violations.push(violation(path, 'bad-export', `'${exclusive}' must be the only entry`))
  }
  return violations
}

/** `mesh`, `name`, `namespace/name`, or the older `name.namespace.svc.cluster.local`. */
export function checkGatewayName(path: string, name: string): readonly Violation[] {
  const parts = name.split('/')
  const wellFormed = parts.length === 1 ? checkFqdn(path, name).length === 0 : parts.length === 2 && parts.every(part => isDnsLabel(part))
  return wellFormed ? [] : [violation(path, 'bad-gateway', `'${name}' is not the name of a gateway`, "write 'name' or 'namespace/name'")]
}
