/** A node of a radix tree over paths. Lists hold the places of routes in their virtual host, ascending. */
export class PrefixNode {
  /** Text between the parent and this node. */
  label: string
  /** By the first character code of their labels. */
  children: Map<number, PrefixNode> = new Map()
  /** Routes whose prefix ends here. */
  readonly prefixes: number[] = []
  /** Routes whose prefix ends here and must end a segment. */
  readonly separated: number[] = []
  /** Least place here or below, so that a walk may end early. */
  least: number = Number.MAX_SAFE_INTEGER

  constructor(label: string) {
    this.label = label
  }

  /** Adds a prefix; places must come in ascending order. */
  add(text: string, place: number, separated: boolean): void {
    this.least = Math.min(this.least, place)
    if (text === '') {
      if (separated) this.separated.push(place)
      else this.prefixes.push(place)
      return
    }
    const child = this.children.get(text.charCodeAt(0))
    if (child === undefined) {
      const leaf = new PrefixNode(text)
      leaf.add('', place, separated)
      this.children.set(text.charCodeAt(0), leaf)
      return
    }
    const shared = sharedLength(child.label, text)
    const branch = shared === child.label.length ? child : this.split(child, shared)
    branch.add(text.slice(shared), place, separated)
  }

  /** Puts a node in front of `child` that has the first `length` characters of its label. */
  private split(child: PrefixNode, length: number): PrefixNode {
    const upper = new PrefixNode(child.label.slice(0, length))
    upper.least = child.least
    this.children.set(upper.label.charCodeAt(0), upper)
    child.label = child.label.slice(length)
    upper.children.set(child.label.charCodeAt(0), child)
    return upper
  }
}

function sharedLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  let i = 0
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++
  return i
}
