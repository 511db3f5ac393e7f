/** A place in a template's text, in UTF-16 units from its start. */
export type Offset = number

/** One element of a list of nodes. `at` is where its action begins. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe; readonly at: Offset }
  | {
      readonly kind: 'if' | 'with' | 'range'
      readonly pipe: Pipe
      readonly body: NodeList
      readonly otherwise: NodeList
      readonly at: Offset
    }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined; readonly at: Offset }
  | { readonly kind: 'break' | 'continue'; readonly at: Offset }

export type NodeList = readonly TemplateNode[]

/** Commands joined by `|`; the value of each is the last argument of the next. */
export interface Pipe {
  /** `$x := ...` makes variables, `$x = ...` sets one that exists. */
  readonly binding: 'none' | 'declare' | 'assign'
  readonly variables: readonly string[]
  readonly commands: readonly Command[]
}

/** A function or value and its arguments. */
export interface Command {
  readonly operands: readonly [Operand, ...Operand[]]
  readonly at: Offset
}

export type Operand = { readonly at: Offset; readonly fields: readonly string[] } & OperandRoot

export type OperandRoot =
  | { readonly kind: 'dot' }
  | { readonly kind: 'nil' }
  | { readonly kind: 'literal'; readonly value: string | number | bigint | boolean }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe }

/** A parsed file: what it prints itself and the templates that it defines. */
export interface ParsedTemplate {
  readonly name: string
  readonly source: string
  readonly body: NodeList
  readonly defines: ReadonlyMap<string, NodeList>
  readonly calls: readonly FunctionCall[]
}

/** A name of a function where it is used. */
export interface FunctionCall {
  readonly name: string
  readonly at: Offset
}
