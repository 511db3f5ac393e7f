import type { Clock } from '@meshwork/core/time'
import type { Style } from '../output/style.ts'
import type { Values } from './values.ts'
import type { Io } from './io.ts'
import { EXIT } from './exit-codes.ts'

export interface ArgumentSpec {
  /** As in help: `name`. */
  readonly name: string
  readonly summary: string
  readonly required?: boolean
  /** Takes all that follow. Only the last argument may. */
  readonly variadic?: boolean
  /** Options after the first word belong to that argument: it is a command line of its own. */
  readonly passThrough?: boolean
}

export interface OptionSpec {
  /** Commander's form: `-f, --file <path>`; without `<…>` it is a switch. */
  readonly flags: string
  readonly summary: string
  readonly choices?: readonly string[]
  readonly default?: string
  /** May be given several times; the value is the list. */
  readonly repeatable?: boolean
}

export interface Example {
  readonly line: string
  readonly what: string
}

/** What a command may use of the outside world. */
export interface CommandContext {
  readonly io: Io
  readonly style: Style
  readonly clock: Clock
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** `-o`: `table`, `json` or one of the command's own formats. */
  readonly format: string
  /** Not a table: chatter that is not the answer must not reach standard output. */
  readonly json: boolean
  /** Aborts on Ctrl-C or SIGTERM. From the first call on, these no longer end the process by themselves. */
  interrupted(): AbortSignal
}

/**
 * A command: what it accepts, how that becomes a typed input, what it does, and how the result is shown.
 * The result is plain data: `-o json` prints it as it is, tests look at it, `print` makes text of it.
 */
export interface CommandSpec<Input, Output extends object> {
  /** Words after `meshctl`: `local up`. */
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly args: readonly ArgumentSpec[]
  readonly options: readonly OptionSpec[]
  readonly examples: readonly Example[]
  /** Kind of the result in `-o json`. Never changes its meaning once released. */
  readonly resultKind: string
  /** Throws a `MeshError` with code `USAGE` for values that cannot be. */
  readonly parse: (values: Values) => Input
  /** `show` prints a result at once, for commands that go on afterwards; those return `null` when there is nothing to add. */
  readonly run: (input: Input, context: CommandContext, show: (output: Output) => void) => Promise<Output | null>
  readonly print: (output: Output, style: Style) => string
  /** Texts for further values of `-o`, by name: `sarif`. */
  readonly formats?: Readonly<Record<string, (output: Output) => string>>
  /** `ok` unless stated. */
  readonly exitCode?: (output: Output) => number
}

/** A command with its types closed over, so that commands of all types fit in one table. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly description: string | undefined
  readonly args: readonly ArgumentSpec[]
  readonly options: readonly OptionSpec[]
  readonly examples: readonly Example[]
  /** Values of `-o` beside `table` and `json`. */
  readonly formats: readonly string[]
  readonly execute: (values: Values, context: CommandContext) => Promise<number>
}

/** Version of the `-o json` envelope and of every result kind in it. */
const RESULT_API = 'meshctl.meshwork.dev/v1'

export function command<Input, Output extends object>(spec: CommandSpec<Input, Output>): Command {
  return {
    name: spec.name,
    summary: spec.summary,
    description: spec.description,
    args: spec.args,
    options: spec.options,
    examples: spec.examples,
    formats: Object.keys(spec.formats ?? {}),
    execute: async (values, context) => {
      const show = (output: Output): void => {
        const text = textOf(spec, output, context)
        if (text !== '') context.io.out(text)
      }
      const output = await spec.run(spec.parse(values), context, show)
      if (output === null) return EXIT.ok
      show(output)
      return spec.exitCode?.(output) ?? EXIT.ok
    },
  }
}

function textOf<Input, Output extends object>(spec: CommandSpec<Input, Output>, output: Output, { format, style }: CommandContext): string {
  if (format === 'json') return `${JSON.stringify({ apiVersion: RESULT_API, kind: spec.resultKind, ...output }, undefined, 2)}\n`
  return spec.formats?.[format]?.(output) ?? spec.print(output, style)
}
