import { parsePort } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'

/** What was typed, by long option name in camel case and by argument position. */
export interface TypedValues {
  readonly options: Readonly<Record<string, unknown>>
  readonly args: readonly unknown[]
}

/** Reads typed values as the types that a command wants; what does not fit is a `USAGE` error that names the option. */
export class Values {
  private readonly typed: TypedValues

  constructor(typed: TypedValues) {
    this.typed = typed
  }

  argument(index: number): string | undefined {
    const value = this.typed.args[index]
    return typeof value === 'string' ? value : undefined
  }

  /** The values of a variadic argument. */
  arguments(index: number): readonly string[] {
    return strings(this.typed.args[index])
  }

  text(name: string): string | undefined {
    const value = this.typed.options[name]
    return typeof value === 'string' ? value : undefined
  }

  list(name: string): readonly string[] {
    return strings(this.typed.options[name])
  }

  flag(name: string): boolean {
    return this.typed.options[name] === true
  }

  port(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const port = parsePort(text)
    if (port.kind === 'err') throw usage(`--${dashed(name)}: ${port.error}`)
    return port.value
  }

  /** A whole number of at least `least`. */
  count(name: string, least: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least)) throw usage(`--${dashed(name)}: '${text}' is not a whole number of at least ${least}`)
    return value
  }
}

/** A wrong command line; `nextStep` names the command that would do. */
export function usage(message: string, nextStep?: string): MeshError {
  return new MeshError('USAGE', message, { source: 'config', ...(nextStep === undefined ? {} : { nextStep }) })
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}
