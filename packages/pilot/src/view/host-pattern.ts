/** Whether `pattern` (`*`, `*.suffix` or a name) covers `host`, which may itself be a pattern. Case does not matter. */
export function hostCovers(pattern: string, host: string): boolean {
  if (pattern === host) return true
  // Names of different lengths are different, and this is asked for every pair of them.
  if (!pattern.startsWith('*') && pattern.length !== host.length) return false
  const wanted = pattern.toLowerCase()
  const actual = host.toLowerCase()
  if (wanted === '*' || wanted === actual) return true
  return wanted.startsWith('*') && actual.length > wanted.length - 1 && actual.endsWith(wanted.slice(1))
}

/** Whether two host patterns have a name in common. */
export function hostsOverlap(a: string, b: string): boolean {
  return hostCovers(a, b) || hostCovers(b, a)
}

/** The better of two patterns that cover the same host is the longer one, and a name beats any pattern. */
export function specificity(pattern: string): number {
  return pattern.startsWith('*') ? pattern.length : Number.MAX_SAFE_INTEGER
}

/** `namespace/host`, where namespace is `*`, `.`, `~` or a name. Without a slash the namespace is any. */
export interface ScopedHost {
  readonly namespace: string
  readonly host: string
}

export function parseScopedHost(text: string): ScopedHost {
  const slash = text.indexOf('/')
  return slash < 0 ? { namespace: '*', host: text } : { namespace: text.slice(0, slash), host: text.slice(slash + 1) }
}

/** Whether the namespace part admits `namespace`, written in an object of `own`. */
export function namespaceCovers(written: string, namespace: string, own: string): boolean {
  if (written === '*') return true
  return written === '.' ? namespace === own : written === namespace
}

/** Whether an object of `namespace` with this `exportTo` can be seen from `viewer`. An empty list means everywhere. */
export function isExportedTo(exportTo: readonly string[], namespace: string, viewer: string): boolean {
  if (exportTo.length === 0) return true
  return exportTo.some(target => target === '*' || (target === '.' ? namespace === viewer : target === viewer))
}
