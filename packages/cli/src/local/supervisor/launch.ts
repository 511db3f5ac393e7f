import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resolveModule } from './modules.ts'
import type { ProcessPlan } from '../plan/mesh-plan.ts'

export interface LaunchOptions {
  /** File descriptor that takes standard output and error, or `inherit` for the terminal. */
  readonly output: number | 'inherit'
  /** Of our processes; commands run in the folder that their plan names. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Starts a process in a group of its own, so that Ctrl-C in the terminal reaches only the supervisor, which then stops
 * everything in order. Modules of ours get an IPC channel: they report by it, and end when it closes.
 */
export function launch({ program, env }: ProcessPlan, options: LaunchOptions): ChildProcess {
  const all = { ...options.env, ...env }
  const output = options.output
  if (program.kind === 'module') {
    const script = fileURLToPath(resolveModule(program.module))
    return spawn(process.execPath, [...process.execArgv, script, ...program.args], {
      cwd: options.cwd,
      env: all,
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
    })
  }
  const [file = '', ...args] = program.argv
  return spawn(file, args, {
    cwd: program.cwd,
    env: { ...all, PATH: withOwnNode(all['PATH']) },
    detached: true,
    stdio: ['ignore', output, output],
  })
}

/** `node` in a command means the Node that runs the mesh. */
function withOwnNode(path: string | undefined): string {
  return [dirname(process.execPath), ...(path === undefined ? [] : [path])].join(delimiter)
}
