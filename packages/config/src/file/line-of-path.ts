import { camelCase } from '../kinds/parse/canonical.ts'
import { isMap, isNode, isPair, isScalar, isSeq, type LineCounter, type Pair } from 'yaml'

/** The line of a path like `spec.http[0].match`, or of its longest part that exists; undefined for an empty document. */
export function lineOfPath(root: unknown, path: string, lines: LineCounter): number | undefined {
  let node = root
  let rest = path
  let offset = startOf(root)
  while (rest !== '') {
    const step = stepInto(node, rest)
    if (step === undefined) break
    node = step.node
    rest = step.rest
    offset = step.offset ?? offset
  }
  return offset === undefined ? undefined : lines.linePos(offset).line
}

interface Step {
  readonly node: unknown
  readonly rest: string
  readonly offset: number | undefined
}

function stepInto(node: unknown, path: string): Step | undefined {
  if (isSeq(node)) return stepIntoList(node.items, path)
  return isMap(node) ? stepIntoMap(node.items, path) : undefined
}

function stepIntoList(items: readonly unknown[], path: string): Step | undefined {
  const [written, index] = /^\[(\d+)\]\.?/.exec(path) ?? []
  if (written === undefined) return undefined
  const item = items[Number(index)]
  return item === undefined ? undefined : { node: item, rest: path.slice(written.length), offset: startOf(item) }
}

/** Keys may hold dots (`security.istio.io/tlsMode`), so the longest key that the path starts with is the one meant. */
function stepIntoMap(items: readonly Pair[], path: string): Step | undefined {
  let best: Step | undefined
  for (const pair of items) {
    const written = isScalar(pair.key) ? String(pair.key.value) : ''
    // Paths name fields in camel case, however the document spells them.
    const key = path.startsWith(written) ? written : camelCase(written)
    if (!path.startsWith(key) || !/^(?:$|[.[])/.test(path.slice(key.length))) continue
    const rest = path.slice(key.length).replace(/^\./, '')
    if (best === undefined || rest.length < best.rest.length) best = { node: pair.value, rest, offset: startOf(pair.key) }
  }
  return best
}

function startOf(node: unknown): number | undefined {
  if (isPair(node)) return startOf(node.key)
  return isNode(node) ? node.range?.[0] : undefined
}
