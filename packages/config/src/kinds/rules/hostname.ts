import { violation, type Violation } from '@meshwork/core/result'

const LABEL = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/
const WILDCARD_LABEL = /^\*(?:-?[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)?$/
const LONGEST_DOMAIN = 255

/** RFC 1123 label of at most 63 characters; unlike Kubernetes, Istio takes capital letters. */
export function isDnsLabel(text: string): boolean {
  return LABEL.test(text)
}

/** A host name of one or more labels, a dot at the end allowed. */
export function checkFqdn(path: string, host: string): readonly Violation[] {
  const length = checkLength(path, host)
  return length.length > 0 ? length : checkLabels(path, host, host)
}

/** As `checkFqdn`, and the first label may be `*`, `*label` or `*-label`. */
export function checkWildcardDomain(path: string, host: string): readonly Violation[] {
  const length = checkLength(path, host)
  if (length.length > 0) return length
  const dot = host.indexOf('.')
  const first = dot < 0 ? host : host.slice(0, dot)
  if (!first.startsWith('*')) return checkLabels(path, host, host)
  if (!WILDCARD_LABEL.test(first) || first.length > 63) return [badLabel(path, host, first)]
  return dot < 0 ? [] : checkLabels(path, host, host.slice(dot + 1))
}

function checkLength(path: string, host: string): readonly Violation[] {
  if (host === '') return [violation(path, 'bad-host', 'a host must not be empty')]
  if (host.length > LONGEST_DOMAIN) return [violation(path, 'bad-host', `a host must not be longer than ${LONGEST_DOMAIN} characters`)]
  return []
}

function checkLabels(path: string, host: string, labels: string): readonly Violation[] {
  const bad = labels
    .replace(/\.$/, '')
    .split('.')
    .find(label => !isDnsLabel(label))
  return bad === undefined ? [] : [badLabel(path, host, bad)]
}

function badLabel(path: string, host: string, label: string): Violation {
  return violation(path, 'bad-host', `'${host}' is not a host name: '${label}' is not a DNS label`)
}

/** A short name without dots or wildcard, which only means something inside a namespace. */
export function isShortName(host: string): boolean {
  return !host.includes('.') && !host.startsWith('*')
}

/** Whether the hosts that two patterns stand for overlap: equal, or one covers the other. Case does not count. */
export function hostsOverlap(a: string, b: string): boolean {
  return covers(a, b) || covers(b, a)
}

/** Whether `pattern` (`*`, `*.example.com`, or a plain host) covers every host of `host`, itself possibly a pattern. */
export function covers(pattern: string, host: string): boolean {
  const [p, h] = [pattern.toLowerCase(), host.toLowerCase()]
  if (!p.startsWith('*')) return p === h
  const suffix = p.slice(1)
  return h.startsWith('*') ? h.slice(1).endsWith(suffix) : h.length > suffix.length && h.endsWith(suffix)
}
