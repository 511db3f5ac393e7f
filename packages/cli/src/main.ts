import { systemClock } from '@meshwork/core/time'
import type { CommandContext } from './command/command.ts'
import { EXIT } from './command/exit-codes.ts'
import { exitCodeOf, failureJson, failureLine } from './command/failure.ts'
import type { Io } from './command/io.ts'
import { parseCommandLine } from './command/program.ts'
import { Values } from './command/values.ts'
import { commands } from './commands/index.ts'
import { keepAlive } from './local/supervisor/keep-alive.ts'
import { styleFor } from './output/style.ts'

export { systemIo } from './command/io.ts'

/** Runs one command line (without node and script) and returns its exit code. Never throws. */
export async function runMeshctl(argv: readonly string[], io: Io): Promise<number> {
  const style = styleFor(io.color)
  const json = wantsJson(argv)
  const release = keepAlive()
  try {
    const parsed = parseCommandLine(commands, argv)
    if (parsed.kind === 'help') {
      io.out(parsed.text)
      return EXIT.ok
    }
    const { command, options, args } = parsed.invocation
    return await command.execute(
      new Values({ options, args }),
      contextFor(io, typeof options['output'] === 'string' ? options['output'] : 'table'),
    )
  } catch (error) {
    io.err(json ? failureJson(error) : failureLine(error, style))
    if (process.env['MESHWORK_DEBUG'] === '1' && error instanceof Error) io.err(`${error.stack ?? ''}\n`)
    return exitCodeOf(error)
  } finally {
    release()
  }
}

/** Before parsing, because a wrong command line must be reported in the form that was asked for, too. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  return own.some(
    (word, index) =>
      word === '-ojson' || word === '--output=json' || (word === 'json' && ['-o', '--output'].includes(own[index - 1] ?? '')),
  )
}

function contextFor(io: Io, format: string): CommandContext {
  let abort: AbortController | undefined
  const interrupted = (): AbortSignal => {
    if (abort !== undefined) return abort.signal
    const controller = new AbortController()
    abort = controller
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort())
    return controller.signal
  }
  return {
    io,
    style: styleFor(io.color),
    clock: systemClock,
    cwd: process.cwd(),
    env: process.env,
    format,
    json: format !== 'table',
    interrupted,
  }
}
