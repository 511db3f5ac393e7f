import { Child } from './child.ts'
import type { Program } from './program.ts'

export interface StartOptions {
  readonly name: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Words put before `node`, for example to enter a network namespace or change the user. */
  readonly prefix?: readonly string[]
}

/** Starts one of our programs with an IPC channel; await `whenReady()` before using it. */
export function startProgram(program: Program, options: StartOptions): Child {
  return new Child({
    name: options.name,
    command: [...(options.prefix ?? []), process.execPath, ...program.nodeOptions, program.file, ...options.args],
    ipc: true,
    ...(options.environment === undefined ? {} : { environment: options.environment }),
  })
}
