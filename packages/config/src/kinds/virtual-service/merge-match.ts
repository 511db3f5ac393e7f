import type { Labels, StringMatch } from '../shape/networking.ts'
import type { HttpMatch } from './type.ts'

/**
 * The match blocks of a part's route, limited by those of the root's: every pair that can hold together becomes one block. A block
 * of the part that no block of the root admits makes the whole route a conflict.
 */
export function mergeMatches(root: readonly HttpMatch[], part: readonly HttpMatch[]): readonly HttpMatch[] | 'conflict' {
  if (root.length === 0) return part
  if (part.length === 0) return root
  const merged: HttpMatch[] = []
  for (const own of part) {
    const admitted = root.filter(outer => !excludes(outer, own))
    if (admitted.length === 0) return 'conflict'
    merged.push(...admitted.map(outer => mergeMatch(outer, own)))
  }
  return merged
}

function mergeMatch(root: HttpMatch, own: HttpMatch): HttpMatch {
  const name = joinNames(root.name, own.name)
  return {
    ...root,
    ...own,
    ...(name === undefined ? {} : { name }),
    ...(own.port === undefined || own.port === 0 ? { port: root.port ?? 0 } : {}),
    ...(own.sourceNamespace === undefined || own.sourceNamespace === '' ? { sourceNamespace: root.sourceNamespace ?? '' } : {}),
    ...(own.statPrefix === undefined || own.statPrefix === '' ? { statPrefix: root.statPrefix ?? '' } : {}),
    headers: { ...root.headers, ...own.headers },
    withoutHeaders: { ...root.withoutHeaders, ...own.withoutHeaders },
    queryParams: { ...root.queryParams, ...own.queryParams },
    sourceLabels: { ...root.sourceLabels, ...own.sourceLabels },
    gateways: own.gateways.length > 0 ? own.gateways : root.gateways,
  }
}

/** Whether what `own` asks for contradicts, or is wider than, what `root` asks for. */
function excludes(root: HttpMatch, own: HttpMatch): boolean {
  const texts: readonly (readonly [StringMatch | undefined, StringMatch | undefined])[] = [
    [root.uri, own.uri],
    [root.scheme, own.scheme],
    [root.method, own.method],
    [root.authority, own.authority],
    ...pairs(root.headers, own.headers),
    ...pairs(root.withoutHeaders, own.withoutHeaders),
    ...pairs(root.queryParams, own.queryParams),
  ]
  return (
    texts.some(([outer, inner]) => outside(outer, inner)) ||
    root.ignoreUriCase !== own.ignoreUriCase ||
    differ(root.port ?? 0, own.port ?? 0, 0) ||
    differ(root.sourceNamespace ?? '', own.sourceNamespace ?? '', '') ||
    labelsDiffer(root.sourceLabels, own.sourceLabels) ||
    (root.gateways.length > 0 && own.gateways.some(gateway => !root.gateways.includes(gateway)))
  )
}

function pairs(root: HttpMatch['headers'], own: HttpMatch['headers']): readonly (readonly [StringMatch | undefined, StringMatch])[] {
  return Object.entries(own).map(([name, match]) => [root[name], match] as const)
}

function labelsDiffer(root: Labels, own: Labels): boolean {
  return Object.entries(own).some(([key, value]) => root[key] !== undefined && root[key] !== value)
}

function differ<T>(root: T, own: T, unset: T): boolean {
  return root !== unset && own !== unset && root !== own
}

/** Whether a part's text match leaves what the root's admits. Two expressions cannot be compared, so they never go together. */
function outside(root: StringMatch | undefined, own: StringMatch | undefined): boolean {
  const [outer, inner] = [demanding(root), demanding(own)]
  if (outer === undefined || inner === undefined) return false
  if (outer.kind === 'regex' || inner.kind === 'regex') return true
  if (outer.kind === 'exact') return inner.kind !== 'exact' || inner.value !== outer.value
  return !inner.value.startsWith(outer.value)
}

type Demanding = Exclude<StringMatch, { readonly kind: 'present' }>

/** undefined for a match that any text satisfies. */
function demanding(match: StringMatch | undefined): Demanding | undefined {
  return match === undefined || match.kind === 'present' || match.value === '' ? undefined : match
}

/** `root-part`, as Istio names them. */
export function joinNames(root: string | undefined, own: string | undefined): string | undefined {
  if (own === undefined || own === '') return root
  return root === undefined || root === '' ? own : `${root}-${own}`
}
