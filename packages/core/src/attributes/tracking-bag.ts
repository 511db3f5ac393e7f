import type { AttributeBag } from './bag.ts'
import type { Reference } from './references.ts'
import { type AttributeValue, isStringMap, type StringMap } from './value.ts'

/** State of a tracking bag at one moment, to return to. */
export type ReferenceSnapshot = ReadonlyMap<string, Reference>

/**
 * Records what is read from a bag, because an answer may be reused for every request that agrees in those reads.
 * A map is recorded per key that is read, never as a whole (mixer.md 1.4).
 */
export class TrackingBag implements AttributeBag {
  private readonly bag: AttributeBag
  private reads = new Map<string, Reference>()
  private readonly maps = new Map<string, StringMap>()

  constructor(bag: AttributeBag) {
    this.bag = bag
  }

  get(name: string): AttributeValue | undefined {
    const value = this.bag.get(name)
    if (isStringMap(value)) return this.trackedMap(name, value)
    this.record(name, undefined, value !== undefined)
    return value
  }

  names(): Iterable<string> {
    return this.bag.names()
  }

  references(): Iterable<Reference> {
    return this.reads.values()
  }

  snapshot(): ReferenceSnapshot {
    return new Map(this.reads)
  }

  restore(snapshot: ReferenceSnapshot): void {
    this.reads = new Map(snapshot)
  }

  clear(): void {
    this.reads.clear()
  }

  record(name: string, mapKey: string | undefined, found: boolean): void {
    const key = mapKey === undefined ? name : `${name}\u0000${mapKey}`
    if (!this.reads.has(key)) this.reads.set(key, { name, mapKey, condition: found ? 'exact' : 'absence' })
  }

  private trackedMap(name: string, map: StringMap): StringMap {
    let tracked = this.maps.get(name)
    if (tracked === undefined) {
      tracked = new TrackingStringMap(this, name, map)
      this.maps.set(name, tracked)
    }
    return tracked
  }
}

class TrackingStringMap implements StringMap {
  readonly kind = 'map'
  private readonly owner: TrackingBag
  private readonly name: string
  private readonly map: StringMap

  constructor(owner: TrackingBag, name: string, map: StringMap) {
    this.owner = owner
    this.name = name
    this.map = map
  }

  get(key: string): string | undefined {
    const value = this.map.get(key)
    this.owner.record(this.name, key, value !== undefined)
    return value
  }

  entries(): Iterable<readonly [string, string]> {
    const entries = [...this.map.entries()]
    for (const [key] of entries) this.owner.record(this.name, key, true)
    return entries
  }
}
