import { resolve } from 'node:path'
import type { CommandContext, OptionSpec } from '../../command/command.ts'
import type { Values } from '../../command/values.ts'
import { DEFAULT_STATE_DIR, type StatePaths, statePaths } from '../../local/state/state-paths.ts'

/** `--state-dir`, the same for every command that talks to a local mesh. */
export const STATE_OPTION: OptionSpec = {
  flags: '--state-dir <folder>',
  summary: 'where the mesh keeps its state: keys, tokens, generated objects, logs',
  default: DEFAULT_STATE_DIR,
}

export function stateDirOf(values: Values): string {
  return values.text('stateDir') ?? DEFAULT_STATE_DIR
}

export function pathsFor(stateDir: string, context: CommandContext): StatePaths {
  return statePaths(resolve(context.cwd, stateDir))
}
