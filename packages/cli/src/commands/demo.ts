import { mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, command, type CommandContext } from '../command/command.ts'
import { EXIT } from '../command/exit-codes.ts'
import type { DemoReport } from '../demo/report.ts'
import { runOnce } from '../demo/run-once.ts'
import { type RunningDemo, startDemo } from '../demo/start-demo.ts'
import type { MeshState } from '../local/state/mesh-state.ts'
import { DEFAULT_STATE_DIR } from '../local/state/state-paths.ts'
import { demoGuide, demoSummary } from './demo-text.ts'
import { eventLine } from './local/event-line.ts'
import { holdMesh } from './local/hold.ts'
import { pathsFor } from './local/state-option.ts'

interface DemoInput {
  readonly once: boolean
  readonly requests: number
  readonly gatewayPort: number | undefined
}

/** `report` only with `--once`. */
export interface DemoResult {
  readonly state: MeshState
  readonly startedInMs: number
  readonly config: string
  readonly report?: DemoReport
}

export const demoCommand: Command = command<DemoInput, DemoResult>({
  name: 'demo',
  summary: 'a sample mesh with four services, running on this machine',
  description:
    'Starts the bookinfo sample and says what to try. With --once it sends a bounded run of requests instead, prints what it observed, and exits 0 only if all of it held.',
  args: [],
  options: [
    { flags: '--once', summary: 'send requests, print the summary, stop' },
    { flags: '--requests <count>', summary: 'how many pages --once asks for', default: '300' },
    { flags: '--gateway-port <port>', summary: 'where the gateway listens (default: 8080, or a free port)' },
  ],
  examples: [
    { line: 'meshctl demo', what: 'runs until Ctrl-C' },
    { line: 'meshctl demo --once', what: 'a proof that all parts work, for scripts' },
  ],
  resultKind: 'Demo',
  parse: values => ({ once: values.flag('once'), requests: values.count('requests', 50) ?? 300, gatewayPort: values.port('gatewayPort') }),
  run: runDemo,
  print: (result, style) => (result.report === undefined ? demoGuide(result, style) : demoSummary(result, result.report, style)),
  exitCode: ({ report }) => (report === undefined || report.findings.every(each => each.held) ? EXIT.ok : EXIT.bad),
})

async function runDemo(input: DemoInput, context: CommandContext, show: (result: DemoResult) => void): Promise<DemoResult | null> {
  const started = context.clock.monotonicMs()
  const interrupted = context.interrupted()
  const { demo, release } = await startWithState(input, context, interrupted)
  const result = { state: demo.mesh.state(), startedInMs: Math.round(context.clock.monotonicMs() - started), config: demo.config }
  try {
    if (input.once) {
      const report = await runOnce({ state: result.state, config: demo.config, requests: input.requests, clock: context.clock })
      return { ...result, report }
    }
    show(result)
    await holdMesh(result.state, context)
    context.io.err('stopping …\n')
    return null
  } finally {
    await demo.stop()
    await release()
  }
}

interface StartedDemo {
  readonly demo: RunningDemo
  /** Removes the folder around the state. */
  readonly release: () => Promise<void>
}

/** A run for scripts must not meet another one; a demo for people must be found by `meshctl local status`. */
async function startWithState(input: DemoInput, context: CommandContext, signal: AbortSignal): Promise<StartedDemo> {
  if (!input.once) return { demo: await start(input, DEFAULT_STATE_DIR, context, signal), release: () => Promise.resolve() }
  const folder = await mkdtemp(join(tmpdir(), 'meshwork-once-'))
  try {
    const demo = await start(input, join(folder, 'state'), context, signal)
    return { demo, release: () => rm(folder, { recursive: true, force: true }) }
  } catch (error) {
    // Unless there are logs to read.
    await rmdir(folder).catch(() => undefined)
    throw error
  }
}

function start(input: DemoInput, stateDir: string, context: CommandContext, signal: AbortSignal): Promise<RunningDemo> {
  context.io.err('starting the bookinfo sample …\n')
  return startDemo({
    paths: pathsFor(stateDir, context),
    gatewayPort: input.gatewayPort === undefined ? { kind: 'movable' } : { kind: 'moved', port: input.gatewayPort },
    keepLogs: false,
    clock: context.clock,
    env: context.env,
    onEvent: (name, event) => context.io.err(eventLine(name, event, context.style)),
    onNotice: text => context.io.err(`${text}\n`),
    signal,
  })
}
