import { TemplateFault } from './template-error.ts'

/** Variables of one template: a stack, because inner blocks may hide names of outer ones. */
export class Scope {
  readonly #names: string[] = []
  readonly #values: unknown[] = []

  constructor(root: unknown) {
    this.declare('$', root)
  }

  mark(): number {
    return this.#names.length
  }

  release(mark: number): void {
    this.#names.length = mark
    this.#values.length = mark
  }

  declare(name: string, value: unknown): void {
    this.#names.push(name)
    this.#values.push(value)
  }

  assign(name: string, value: unknown): void {
    this.#values[this.#position(name)] = value
  }

  read(name: string): unknown {
    return this.#values[this.#position(name)]
  }

  #position(name: string): number {
    const position = this.#names.lastIndexOf(name)
    if (position === -1) throw new TemplateFault(`undefined variable '${name}'`, `declare it first: {{ ${name} := ... }}`)
    return position
  }
}
