interface Entry<V> {
  readonly inputs: readonly unknown[]
  readonly value: V
}

/** Keys for one anchor; far more than a mesh has namespaces. Beyond it everything is forgotten and made again. */
const MOST_KEYS = 16_384

/**
 * The last value that was made for each anchor and key, for as long as its inputs are the same ones (by identity): parts of
 * snapshots that did not change are shared, so that what follows from them need not be worked out again. Forgotten with the anchor.
 */
export class Remembered<V> {
  private readonly byAnchor = new WeakMap<object, Map<string, Entry<V>>>()

  /** `make` must be a function of the anchor, the key and the inputs. */
  get(anchor: object, key: string, inputs: readonly unknown[], make: () => V): V {
    let entries = this.byAnchor.get(anchor)
    if (entries === undefined || entries.size >= MOST_KEYS) {
      entries = new Map()
      this.byAnchor.set(anchor, entries)
    }
    const known = entries.get(key)
    if (known !== undefined && sameItems(known.inputs, inputs)) return known.value
    const value = make()
    entries.set(key, { inputs, value })
    return value
  }
}

/** By identity. */
export function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}
