import type { AttributeValue } from './value.ts'

/** A set of named attributes. */
export interface AttributeBag {
  /** `undefined` if the attribute is absent. */
  get(name: string): AttributeValue | undefined
  names(): Iterable<string>
}

/** A bag that can be written, optionally on top of another one that it never changes. */
export class LayeredBag implements AttributeBag {
  private readonly own: Map<string, AttributeValue>
  private readonly parent: AttributeBag | undefined

  constructor(parent?: AttributeBag, own: Map<string, AttributeValue> = new Map()) {
    this.parent = parent
    this.own = own
  }

  get(name: string): AttributeValue | undefined {
    return this.own.get(name) ?? this.parent?.get(name)
  }

  set(name: string, value: AttributeValue): void {
    this.own.set(name, value)
  }

  /** Removes the value written here; one of the parent shows again. */
  delete(name: string): void {
    this.own.delete(name)
  }

  /** Adds what is absent here and in the parents; never overrides (mixer.md 2.4). */
  merge(other: AttributeBag): void {
    for (const name of other.names()) {
      const value = other.get(name)
      if (value !== undefined && this.get(name) === undefined) this.own.set(name, value)
    }
  }

  *names(): Iterable<string> {
    yield* this.own.keys()
    if (this.parent === undefined) return
    for (const name of this.parent.names()) if (!this.own.has(name)) yield name
  }
}

/** A bag with exactly these attributes. */
export function bagOf(attributes: Readonly<Record<string, AttributeValue>>): LayeredBag {
  return new LayeredBag(undefined, new Map(Object.entries(attributes)))
}
