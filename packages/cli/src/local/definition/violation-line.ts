import { isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml'

/** The 1-based line of `path` (`spec.services[0].port`), or of the deepest part of it that is in the document. */
export function violationLine(root: Node | null, path: string, lines: LineCounter): number {
  let node: unknown = root
  let offset = root?.range?.[0] ?? 0
  for (const part of path.split(/[.[\]]/).filter(each => each !== '')) {
    const next: unknown = step(node, part)
    if (next === undefined) break
    const at = offsetOf(isMap(node) ? node.items.find(pair => isScalar(pair.key) && String(pair.key.value) === part)?.key : next)
    offset = at ?? offset
    node = next
  }
  return lines.linePos(offset).line
}

function step(node: unknown, part: string): unknown {
  if (isMap(node)) return node.get(part, true)
  if (isSeq(node)) return node.items[Number(part)]
  return undefined
}

function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined
}
