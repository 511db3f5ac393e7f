import { type HeaderName, headerNames } from './header-name.ts'

/**
 * The headers of one message: order, duplicates and spelling as on the wire. Two parallel arrays, so that reading and
 * writing one allocates nothing else. Names are compared by lower-case key, or by id where `HEADER_IDS` has one.
 */
export class HeaderTable {
  readonly names: HeaderName[] = []
  readonly values: string[] = []
  /** Names leave as they came (`preserve_case`), whatever the connection that they leave on says. */
  keepsCase = false

  get size(): number {
    return this.names.length
  }

  /** Index of the first line with this id, or -1. `id` is one of `HEADER_IDS`. */
  findId(id: number): number {
    const { names } = this
    for (let i = 0; i < names.length; i++) if (names[i]?.id === id) return i
    return -1
  }

  /** Index of the first line with this lower-case name at or after `from`, or -1. */
  find(key: string, from: number = 0): number {
    const { names } = this
    for (let i = from; i < names.length; i++) if (names[i]?.key === key) return i
    return -1
  }

  getId(id: number): string | null {
    const index = this.findId(id)
    return index < 0 ? null : (this.values[index] ?? null)
  }

  /** The value of the first line with this lower-case name, or null. */
  get(key: string): string | null {
    const index = this.find(key)
    return index < 0 ? null : (this.values[index] ?? null)
  }

  /** All lines of this name joined with `,` as matchers and logs see them, or null. */
  getJoined(key: string): string | null {
    const first = this.find(key)
    if (first < 0) return null
    let joined = this.values[first] ?? ''
    for (let i = this.find(key, first + 1); i >= 0; i = this.find(key, i + 1)) joined += `,${this.values[i] ?? ''}`
    return joined
  }

  has(key: string): boolean {
    return this.find(key) >= 0
  }

  /** Adds a line at the end. `wire` is the spelling to send; it must be a valid field name. */
  append(wire: string, value: string): void {
    this.names.push(headerNames.of(wire))
    this.values.push(safeValue(value))
  }

  appendName(name: HeaderName, value: string): void {
    this.names.push(name)
    this.values.push(safeValue(value))
  }

  /** Replaces the first line of this name in place and removes the others; adds it when absent. */
  set(wire: string, value: string): void {
    this.setName(headerNames.of(wire), value)
  }

  setName(name: HeaderName, value: string): void {
    const index = this.find(name.key)
    if (index < 0) {
      this.appendName(name, value)
      return
    }
    this.values[index] = safeValue(value)
    this.removeFrom(name.key, index + 1)
  }

  /** As `setName`, for a value that is known to be visible ASCII: our own text, or a number. */
  put(name: HeaderName, value: string): void {
    const index = name.id > 0 ? this.findId(name.id) : this.find(name.key)
    if (index < 0) {
      this.names.push(name)
      this.values.push(value)
    } else {
      this.values[index] = value
      this.removeFrom(name.key, index + 1)
    }
  }

  /** Removes all lines with this lower-case name. */
  remove(key: string): void {
    this.removeFrom(key, 0)
  }

  removeId(id: number): void {
    const index = this.findId(id)
    if (index >= 0) this.removeFrom(this.names[index]?.key ?? '', index)
  }

  /** Removes all lines whose name has one of these bits of `HeaderTrait`. */
  removeTraits(mask: number): void {
    const { names } = this
    for (let i = names.length - 1; i >= 0; i--) if (((names[i]?.traits ?? 0) & mask) !== 0) this.removeAt(i)
  }

  hasTrait(mask: number): boolean {
    const { names } = this
    for (let i = 0; i < names.length; i++) if (((names[i]?.traits ?? 0) & mask) !== 0) return true
    return false
  }

  /** Lines of one name with one of these bits become one line, the first, with all values as a list. */
  joinTraits(mask: number): void {
    const { names } = this
    for (let i = 1; i < names.length; i++) {
      const name = names[i]
      if (name === undefined || (name.traits & mask) === 0) continue
      const first = this.find(name.key)
      if (first >= i) continue
      this.values[first] += `,${this.values[i] ?? ''}`
      this.removeAt(i--)
    }
  }

  removeAt(index: number): void {
    this.names.splice(index, 1)
    this.values.splice(index, 1)
  }

  copy(): HeaderTable {
    const table = new HeaderTable()
    table.keepsCase = this.keepsCase
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i]
      if (name !== undefined) table.appendName(name, this.values[i] ?? '')
    }
    return table
  }

  private removeFrom(key: string, from: number): void {
    for (let i = this.find(key, from); i >= 0; i = this.find(key, i)) this.removeAt(i)
  }
}

/** Characters that would end the line, or that latin1 cannot carry and whose low byte might. */
// oxlint-disable-next-line no-control-regex -- these are the characters that must not pass
const UNSAFE = /[\0\r\n]|[^\0-\xff]/

/** Values that do not come from the parser (filters, configuration) cannot start a new line; other scripts go as UTF-8. */
function safeValue(value: string): string {
  if (!UNSAFE.test(value)) return value
  return Buffer.from(value.replaceAll(/[\0\r\n]/g, ' '), 'utf8').toString('latin1')
}
