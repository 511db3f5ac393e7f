import type { AttributeBag } from './bag.ts'
import { formatReference, type Reference, referencesHold } from './references.ts'
import { type AttributeValue, isStringMap } from './value.ts'
import { valueToText } from './value-text.ts'

interface Shape {
  readonly key: string
  readonly references: readonly Reference[]
}

interface Entry<T> {
  readonly value: T
  /** Monotonic milliseconds. */
  readonly expiresAtMs: number
}

/** Shapes come from configuration, but a map key may come from traffic (`request.headers[request.path]`). */
const MOST_SHAPES = 256

/**
 * Answers by the attributes that they depend on. Each distinct set of references is one shape; a lookup tries the shapes whose
 * conditions hold for the request, and compares the values of everything that was read and found, map values and durations included.
 */
export class ReferenceCache<T> {
  private readonly capacity: number
  private readonly shapes = new Map<string, Shape>()
  private readonly entries = new Map<string, Entry<T>>()

  /** `capacity`: most entries kept, the least recently used leave first; 0 keeps nothing. */
  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.entries.size
  }

  get(bag: AttributeBag, nowMs: number): T | undefined {
    for (const shape of this.shapes.values()) {
      if (!referencesHold(shape.references, bag)) continue
      const key = signature(shape, bag)
      const entry = this.entries.get(key)
      if (entry === undefined) continue
      this.entries.delete(key)
      if (entry.expiresAtMs <= nowMs) continue
      this.entries.set(key, entry)
      return entry.value
    }
    return undefined
  }

  /** `bag` is the request that was answered. Ignored if already expired, or if the request contradicts the references. */
  set(bag: AttributeBag, references: readonly Reference[], value: T, expiresAtMs: number, nowMs: number): void {
    if (this.capacity === 0 || expiresAtMs <= nowMs || !referencesHold(references, bag)) return
    const shape = this.shape(references)
    const key = signature(shape, bag)
    this.entries.delete(key)
    this.entries.set(key, { value, expiresAtMs })
    const oldest = this.entries.keys().next()
    if (this.entries.size > this.capacity && oldest.done !== true) this.entries.delete(oldest.value)
  }

  private shape(references: readonly Reference[]): Shape {
    const sorted = references.toSorted((a, b) => compareText(formatReference(a), formatReference(b)))
    const key = JSON.stringify(sorted.map(r => [r.name, r.mapKey ?? null, r.condition]))
    const known = this.shapes.get(key)
    if (known !== undefined) return known
    const shape = { key, references: sorted }
    this.shapes.set(key, shape)
    const oldest = this.shapes.keys().next()
    if (this.shapes.size > MOST_SHAPES && oldest.done !== true) this.shapes.delete(oldest.value)
    return shape
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Unambiguous: each part is preceded by its length. */
function signature(shape: Shape, bag: AttributeBag): string {
  let text = `${shape.key.length}:${shape.key}`
  for (const reference of shape.references) {
    if (reference.condition !== 'exact') continue
    const part = partOf(bag.get(reference.name), reference.mapKey)
    text += `${part.length}:${part}`
  }
  return text
}

function partOf(value: AttributeValue | undefined, mapKey: string | undefined): string {
  if (value === undefined) return ''
  if (isStringMap(value) && mapKey !== undefined) return value.get(mapKey) ?? ''
  if (isStringMap(value)) return JSON.stringify([...value.entries()].toSorted((a, b) => compareText(a[0], b[0])))
  if (typeof value !== 'object') return `${typeof value}:${value}`
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  // Texts of times are cut to microseconds for people; here every nanosecond counts.
  return value.kind === 'instant' ? `instant:${value.epochNanos}` : value.kind === 'span' ? `span:${value.nanos}` : valueToText(value)
}
