/** Knows its place in the list that it is in; -1: in none. Nobody but the list writes it. */
export interface Placed {
  place: number
}

/**
 * Objects that come and go, in no order. A `Set` of them makes a new table every so often, and the old tables, once they are old,
 * keep dead objects from being collected while they are young; a list that fills its gaps with the last one does not.
 */
export class PlacedList<T extends Placed> {
  private readonly items: T[] = []

  get size(): number {
    return this.items.length
  }

  /** The item is in no list. */
  add(item: T): void {
    item.place = this.items.length
    this.items.push(item)
  }

  /** Nothing if it is not in the list. */
  delete(item: T): void {
    const { items } = this
    if (items[item.place] !== item) return
    const last = items.pop()
    if (last !== undefined && last !== item) {
      items[item.place] = last
      last.place = item.place
    }
    item.place = -1
  }

  /** All of this moment: they may be deleted meanwhile. */
  all(): readonly T[] {
    return [...this.items]
  }
}
