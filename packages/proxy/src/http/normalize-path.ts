/**
 * RFC 3986 6: dot segments removed, percent-encoded unreserved characters decoded, backslashes made slashes, characters that
 * do not belong into a path encoded. Other escapes stay byte by byte: `%2f` does not become `%2F`
 * (HttpConnectionManager.normalize_path: no case normalisation). null: the path has an encoded NUL.
 */
export function normalizePath(path: string, normalize: boolean, mergeSlashes: boolean): string | null {
  if (!NEEDS_WORK.test(path)) return path
  const question = path.indexOf('?')
  const query = question < 0 ? '' : path.slice(question)
  let bare = question < 0 ? path : path.slice(0, question)
  if (normalize) {
    if (bare.includes('%00')) return null
    bare = bare
      .replaceAll('\\', '/')
      .replaceAll(/%([0-9A-Fa-f]{2})/g, decodeUnreserved)
      .replaceAll(/["<>^`{|}]/g, encoded)
    bare = removeDotSegments(bare)
  }
  if (mergeSlashes) bare = bare.replaceAll(/\/{2,}/g, '/')
  return bare + query
}

const NEEDS_WORK = /\/\.|\/\/|[%\\"<>^`{|}]/

/** `%2f` and `%5c` of the path, not of the query, as the characters that they stand for. */
export function unescapeSlashes(path: string): string {
  if (!path.includes('%')) return path
  const question = path.indexOf('?')
  const bare = question < 0 ? path : path.slice(0, question)
  const plain = bare.replaceAll(/%2f/gi, '/').replaceAll(/%5c/gi, '\\')
  return plain === bare ? path : plain + path.slice(bare.length)
}

function decodeUnreserved(escape: string, hex: string): string {
  const character = String.fromCharCode(Number.parseInt(hex, 16))
  return /[A-Za-z0-9\-._~]/.test(character) ? character : escape
}

function encoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

function removeDotSegments(path: string): string {
  const kept: string[] = []
  const segments = path.split('/')
  for (const [i, segment] of segments.entries()) {
    const last = i === segments.length - 1
    if (segment === '..') {
      if (kept.length > 1) kept.pop()
      if (last) kept.push('')
    } else if (segment === '.') {
      if (last) kept.push('')
    } else {
      kept.push(segment)
    }
  }
  return kept.join('/')
}
