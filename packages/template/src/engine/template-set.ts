import { TEMPLATE_FUNCTIONS } from '../functions/index.ts'
import type { ParsedTemplate } from './ast.ts'
import { includeTemplate } from './evaluate.ts'
import type { EvaluationScope, NamedTemplate, Spending } from './evaluate.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { TemplateLimits } from './limits.ts'
import { DEFAULT_DELIMITERS } from './parse-options.ts'
import type { Delimiters } from './parse-options.ts'
import { parseTemplate } from './parse-template.ts'
import { TemplateError, TemplateFault } from './template-error.ts'
import { expectText } from './values.ts'
import type { TemplateFunction } from './values.ts'

export interface TemplateSetOptions {
  /** Functions of the caller's own; they come before those of the same name here. */
  readonly functions?: Readonly<Record<string, TemplateFunction>>
  readonly limits?: Partial<TemplateLimits>
  readonly delimiters?: Delimiters
  /** What is printed for nil: Go prints `<no value>`, Helm nothing. */
  readonly nil?: 'empty' | 'no-value'
}

const NEVER_BUILT_IN = ['include', 'tpl', 'and', 'or']

/** Files that are parsed once and may name each other's templates. Rendering changes nothing in the set. */
export class TemplateSet {
  readonly #templates = new Map<string, NamedTemplate>()
  readonly #functions: ReadonlyMap<string, TemplateFunction>
  readonly #limits: TemplateLimits
  readonly #delimiters: Delimiters
  readonly #nil: 'empty' | 'no-value'

  constructor(options: TemplateSetOptions = {}) {
    this.#functions = new Map([...TEMPLATE_FUNCTIONS, ...Object.entries(options.functions ?? {})])
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#delimiters = options.delimiters ?? DEFAULT_DELIMITERS
    this.#nil = options.nil ?? 'empty'
  }

  /** Parses a file and takes over its named templates; a later definition of a name replaces an earlier one. */
  add(name: string, source: string): void {
    store(this.#templates, this.#parse(name, source))
  }

  has(name: string): boolean {
    return this.#templates.has(name)
  }

  /** Renders the named file or template. Throws a TemplateError that says where and what to do. */
  render(name: string, data: unknown): string {
    return this.#run(this.#templates, name, data, { characters: 0, iterations: 0, depth: 0 })
  }

  #run(templates: ReadonlyMap<string, NamedTemplate>, name: string, data: unknown, spending: Spending): string {
    const template = templates.get(name)
    if (template === undefined) throw new TemplateFault(`no template '${name}'`, 'add it before rendering')
    const functions = new Map(this.#functions)
    functions.set('tpl', (text, inner) => this.#tpl(templates, expectText(text), inner, spending))
    const scope: EvaluationScope = { find: wanted => templates.get(wanted), functions, limits: this.#limits }
    const text = includeTemplate(scope, template, data, spending)
    return this.#nil === 'empty' ? text.replaceAll('<no value>', '') : text
  }

  /** Text of a value as a template: it may use the templates of the set, and what it defines is its own. */
  #tpl(templates: ReadonlyMap<string, NamedTemplate>, text: string, data: unknown, spending: Spending): string {
    const inner = new Map(templates)
    store(inner, this.#parse('tpl', text))
    return this.#run(inner, 'tpl', data, spending)
  }

  #parse(name: string, source: string): ParsedTemplate {
    const file = parseTemplate(name, source, this.#delimiters)
    for (const call of file.calls) {
      if (this.#functions.has(call.name) || NEVER_BUILT_IN.includes(call.name)) continue
      throw new TemplateError('TEMPLATE_SYNTAX', { template: name, source, at: call.at }, `function '${call.name}' not defined`, {
        nextStep: 'see that its name is spelled right; the functions of Go, sprig and Helm are known',
      })
    }
    return file
  }
}

function store(templates: Map<string, NamedTemplate>, file: ParsedTemplate): void {
  templates.set(file.name, { file, body: file.body })
  for (const [name, body] of file.defines) templates.set(name, { file, body })
}

/** Renders one text that stands alone. */
export function renderTemplate(name: string, source: string, data: unknown, options: TemplateSetOptions = {}): string {
  const set = new TemplateSet(options)
  set.add(name, source)
  return set.render(name, data)
}
