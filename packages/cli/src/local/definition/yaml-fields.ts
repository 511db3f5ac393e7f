import { joinPath, type Violation, violation } from '@meshwork/core/result'
import { nearest } from '../../command/nearest.ts'

/** Collects what is wrong with a document while its values are read. */
export class Problems {
  readonly found: Violation[] = []

  add(path: string, code: string, message: string, hint?: string): void {
    this.found.push(violation(path, code, message, hint))
  }
}

/** Reads the fields of one mapping as typed values. Every violation is collected; wrong values read as their fallback. */
export class Fields {
  readonly path: string
  private readonly map: Readonly<Record<string, unknown>>
  private readonly problems: Problems

  /** `known` are the fields that may occur; any other is a violation with the nearest name. */
  constructor(value: unknown, path: string, known: readonly string[], problems: Problems) {
    this.path = path
    this.problems = problems
    this.map = isMapping(value) ? value : {}
    if (!isMapping(value)) problems.add(path, 'type', 'must be a mapping')
    for (const name of Object.keys(this.map)) {
      if (known.includes(name)) continue
      const guess = nearest(name, known)
      problems.add(
        joinPath(path, name),
        'unknown-field',
        `unknown field '${name}'`,
        guess === undefined ? `known fields: ${known.join(', ')}` : `did you mean '${guess}'?`,
      )
    }
  }

  has(name: string): boolean {
    return this.map[name] !== undefined && this.map[name] !== null
  }

  value(name: string): unknown {
    return this.map[name]
  }

  /** A text that matches `pattern`, which `what` describes. Without `fallback` the field is required. */
  text(name: string, pattern: RegExp, what: string, fallback?: string): string {
    const value = this.map[name]
    if (!this.has(name) && fallback !== undefined) return fallback
    if (typeof value === 'string' && pattern.test(value)) return value
    this.add(name, this.has(name) ? 'type' : 'required', this.has(name) ? `must be ${what}` : `is required: ${what}`)
    return ''
  }

  /** A whole number from `least` to `most`. Without `fallback` the field is required. */
  whole(name: string, least: number, most: number, fallback?: number): number {
    const value = this.map[name]
    if (!this.has(name) && fallback !== undefined) return fallback
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    this.add(name, this.has(name) ? 'range' : 'required', `must be a whole number from ${least} to ${most}`)
    return least
  }

  /** The elements of a sequence, each read by `read`; empty if the field is not there. */
  list<T>(name: string, read: (value: unknown, path: string) => T): readonly T[] {
    const value = this.map[name]
    if (!this.has(name)) return []
    if (Array.isArray(value)) return value.map((item, index) => read(item, joinPath(joinPath(this.path, name), index)))
    this.add(name, 'type', 'must be a sequence')
    return []
  }

  texts(name: string): readonly string[] {
    return this.list(name, (item, path) => {
      if (typeof item === 'string' && item !== '') return item
      this.problems.add(path, 'type', 'must be a text that is not empty')
      return ''
    })
  }

  add(name: string, code: string, message: string, hint?: string): void {
    this.problems.add(joinPath(this.path, name), code, message, hint)
  }
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
