import type { Command, NodeList, Operand, ParsedTemplate, Pipe, TemplateNode } from './ast.ts'
import { ownField } from './field.ts'
import type { TemplateLimits } from './limits.ts'
import { printValue } from './print.ts'
import { rangeItems } from './range-items.ts'
import { Scope } from './scope.ts'
import { TemplateError, TemplateFault } from './template-error.ts'
import { isFunction, isNil, isTrue } from './values.ts'
import type { TemplateFunction } from './values.ts'

/** What one rendering may use: templates by name, functions by name. */
export interface EvaluationScope {
  readonly find: (name: string) => NamedTemplate | undefined
  readonly functions: ReadonlyMap<string, TemplateFunction>
  readonly limits: TemplateLimits
}

export interface NamedTemplate {
  readonly file: ParsedTemplate
  readonly body: NodeList
}

/** Counted over a whole rendering, included templates too. */
export interface Spending {
  characters: number
  iterations: number
  depth: number
}

type Flow = 'next' | 'break' | 'continue'

/** Runs one named template. */
export class Evaluator {
  readonly #scope: EvaluationScope
  readonly #template: NamedTemplate
  readonly #spending: Spending
  readonly #variables: Scope
  #output = ''

  constructor(scope: EvaluationScope, template: NamedTemplate, data: unknown, spending: Spending) {
    this.#scope = scope
    this.#template = template
    this.#spending = spending
    this.#variables = new Scope(data)
  }

  run(dot: unknown): string {
    this.#list(this.#template.body, dot)
    return this.#output
  }

  #list(nodes: NodeList, dot: unknown): Flow {
    for (const node of nodes) {
      const flow = node.kind === 'text' ? this.#write(node.text) : this.#placed(node.at, () => this.#node(node, dot))
      if (flow !== 'next') return flow
    }
    return 'next'
  }

  #node(node: Exclude<TemplateNode, { kind: 'text' }>, dot: unknown): Flow {
    switch (node.kind) {
      case 'action': {
        const value = this.#pipe(node.pipe, dot)
        return node.pipe.binding === 'none' ? this.#write(isNil(value) ? '<no value>' : printValue(value)) : 'next'
      }
      case 'if':
      case 'with':
        return this.#branch(node, dot)
      case 'range':
        return this.#range(node, dot)
      case 'template':
        return this.#write(this.include(node.name, node.pipe === undefined ? undefined : this.#pipe(node.pipe, dot)))
      case 'break':
      case 'continue':
        return node.kind
    }
  }

  #branch(node: TemplateNode & { kind: 'if' | 'with' | 'range' }, dot: unknown): Flow {
    const mark = this.#variables.mark()
    const value = this.#pipe(node.pipe, dot)
    const flow = isTrue(value) ? this.#list(node.body, node.kind === 'with' ? value : dot) : this.#list(node.otherwise, dot)
    this.#variables.release(mark)
    return flow
  }

  #range(node: TemplateNode & { kind: 'if' | 'with' | 'range' }, dot: unknown): Flow {
    const outer = this.#variables.mark()
    const { binding, variables, commands } = node.pipe
    const items = rangeItems(this.#pipe({ binding: 'none', variables: [], commands }, dot))
    let turns = 0
    for (const [key, value] of items) {
      turns += 1
      this.#spend()
      const mark = this.#variables.mark()
      this.#bindTurn(binding, variables, key, value)
      const flow = this.#list(node.body, value)
      this.#variables.release(mark)
      if (flow === 'break') break
    }
    const flow = turns === 0 ? this.#list(node.otherwise, dot) : 'next'
    this.#variables.release(outer)
    return flow
  }

  #bindTurn(binding: Pipe['binding'], variables: readonly string[], key: unknown, value: unknown): void {
    const [first, second] = variables
    if (first === undefined) return
    const bind = (name: string, bound: unknown): void =>
      binding === 'assign' ? this.#variables.assign(name, bound) : this.#variables.declare(name, bound)
    if (second === undefined) return bind(first, value)
    bind(first, key)
    bind(second, value)
  }

  #spend(): void {
    this.#spending.iterations += 1
    if (this.#spending.iterations > this.#scope.limits.iterations)
      throw new TemplateFault(`more than ${this.#scope.limits.iterations} turns of loops`, 'loop over less')
  }

  #write(text: string): Flow {
    this.#spending.characters += text.length
    if (this.#spending.characters > this.#scope.limits.outputCharacters)
      throw new TemplateFault(`more than ${this.#scope.limits.outputCharacters} characters of output`, 'render less at once')
    this.#output += text
    return 'next'
  }

  /** Runs another named template and returns its text. */
  include(name: string, data: unknown): string {
    const template = this.#scope.find(name)
    if (template === undefined)
      throw new TemplateFault(`no template '${name}'`, `write {{ define "${name}" }}...{{ end }} in one of the files`)
    return includeTemplate(this.#scope, template, data, this.#spending)
  }

  #pipe(pipe: Pipe, dot: unknown): unknown {
    let value: unknown
    let piped = false
    for (const command of pipe.commands) {
      value = this.#placed(command.at, () => this.#command(command, dot, piped ? [value] : []))
      piped = true
    }
    const [variable] = pipe.variables
    if (variable === undefined) return value
    if (pipe.binding === 'declare') this.#variables.declare(variable, value)
    else this.#variables.assign(variable, value)
    return value
  }

  #command(command: Command, dot: unknown, piped: readonly unknown[]): unknown {
    const [first, ...rest] = command.operands
    if (first.kind === 'function' && (first.name === 'and' || first.name === 'or')) return this.#logic(first.name, rest, dot, piped)
    if (first.kind === 'function' && first.fields.length === 0) return this.#call(first.name, rest, dot, piped)
    const value = this.#operand(first, dot, true)
    const args = rest.map(operand => this.#operand(operand, dot))
    if (isFunction(value)) return value(...args, ...piped)
    if (args.length + piped.length > 0)
      throw new TemplateFault('a value that is no function got arguments', 'remove the arguments, or name a function first')
    if (first.kind === 'nil') throw new TemplateFault('nil is not a command', 'compare with nil: eq .x nil')
    return value
  }

  /** `and` and `or` stop at the first argument that decides. */
  #logic(name: 'and' | 'or', operands: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    if (operands.length + piped.length === 0) throw new TemplateFault(`${name} needs an argument`, 'give it values to decide on')
    let value: unknown
    for (const operand of operands) {
      value = this.#operand(operand, dot)
      if (isTrue(value) === (name === 'or')) return value
    }
    return piped.length > 0 ? piped[0] : value
  }

  #call(name: string, operands: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    const args = operands.map(operand => this.#operand(operand, dot)).concat(piped)
    if (name === 'include') return this.#includeCall(args)
    const called = this.#scope.functions.get(name)
    if (called === undefined)
      throw new TemplateFault(`no function '${name}'`, 'see that its name is spelled right; Helm and sprig names are known')
    try {
      return called(...args)
    } catch (thrown) {
      if (thrown instanceof TemplateError || !(thrown instanceof Error)) throw thrown
      const nextStep = thrown instanceof TemplateFault ? thrown.nextStep : 'check the arguments'
      throw new TemplateFault(`error calling ${name}: ${thrown.message}`, nextStep)
    }
  }

  #includeCall(args: readonly unknown[]): string {
    const [name, data] = args
    if (typeof name !== 'string' || args.length !== 2)
      throw new TemplateFault('include takes a name and a value', 'write: include "name" .')
    return this.include(name, data)
  }

  /** A value. A method is called here unless arguments may follow (`head`). */
  #operand(operand: Operand, dot: unknown, head = false): unknown {
    let value = this.#root(operand, dot)
    for (const [index, name] of operand.fields.entries()) {
      if (isFunction(value) && index > 0) value = value()
      value = ownField(value, name)
    }
    return isFunction(value) && !head && operand.fields.length > 0 ? value() : value
  }

  #root(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case 'dot':
        return dot
      case 'nil':
        return undefined
      case 'literal':
        return operand.value
      case 'variable':
        return this.#variables.read(operand.name)
      case 'pipe':
        return this.#pipe(operand.pipe, dot)
      case 'function':
        return this.#call(operand.name, [], dot, [])
    }
  }

  /** Adds the place to failures that have none. */
  #placed<T>(at: number, act: () => T): T {
    try {
      return act()
    } catch (thrown) {
      if (thrown instanceof TemplateError || !(thrown instanceof Error)) throw thrown
      const nextStep = thrown instanceof TemplateFault ? thrown.nextStep : 'simplify the template'
      const { name, source } = this.#template.file
      throw new TemplateError('TEMPLATE_FAILED', { template: name, source, at }, thrown.message, { nextStep, cause: thrown })
    }
  }
}

/** Runs a named template with `data` as its dot, counting what it spends. */
export function includeTemplate(scope: EvaluationScope, template: NamedTemplate, data: unknown, spending: Spending): string {
  spending.depth += 1
  if (spending.depth > scope.limits.depth)
    throw new TemplateFault(`templates call one another more than ${scope.limits.depth} deep`, 'end the recursion with a condition')
  const text = new Evaluator(scope, template, data, spending).run(data)
  spending.depth -= 1
  return text
}
