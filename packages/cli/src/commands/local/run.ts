import { type Clock, sleep } from '@meshwork/core/time'
import { command, type Command, type CommandContext } from '../../command/command.ts'
import { untilAborted } from '../../command/until-aborted.ts'
import { usage, type Values } from '../../command/values.ts'
import { joinLocalMesh } from '../../local/join-local-mesh.ts'
import type { LocalRun } from '../../local/local-run.ts'
import type { ProcessStatus } from '../../local/state/mesh-state.ts'
import { isAlive, type ProcessIdentity } from '../../local/state/process-identity.ts'
import { requireMesh } from '../../local/state/read-state.ts'
import { eventLine } from './event-line.ts'
import { pathsFor, STATE_OPTION, stateDirOf } from './state-option.ts'

interface RunInput {
  readonly name: string
  readonly version: string
  readonly port: number
  readonly servicePort: number
  readonly serviceAccount: string
  readonly stateDir: string
  readonly argv: readonly string[]
}

interface RunResult {
  readonly name: string
  readonly url: string
  readonly processes: readonly ProcessStatus[]
  /** `null` while it runs. */
  readonly exitCode: number | null
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?$/

export const localRunCommand: Command = command<RunInput, RunResult>({
  name: 'local run',
  summary: 'run any program as a member of the running mesh',
  description:
    'Starts a sidecar and the program, makes it a service that others call by name, and takes both out again when the program ends. The program finds its sidecar by http_proxy, HTTP_PROXY and no_proxy, and is told its port by PORT.',
  args: [{ name: 'command', summary: 'the program and its arguments, after --', required: true, variadic: true, passThrough: true }],
  options: [
    { flags: '--name <name>', summary: 'name of the service' },
    { flags: '--port <port>', summary: 'where the program listens on 127.0.0.1' },
    { flags: '--service-port <port>', summary: 'what others call it by (default: the same as --port)' },
    { flags: '--service-account <name>', summary: 'identity of the program (default: the same as --name)' },
    { flags: '--version <version>', summary: 'value of its label version, for subsets', default: 'v1' },
    STATE_OPTION,
  ],
  examples: [
    { line: 'meshctl local run --name web --port 3000 -- node app.js', what: 'others in the mesh reach it as http://web:3000' },
    {
      line: 'meshctl local run --name reviews --version v4 --port 3000 --service-port 9080 -- npm start',
      what: 'one more version of a service',
    },
  ],
  resultKind: 'LocalRun',
  parse: parseRun,
  run: run,
  print: ({ name, url, exitCode }) => (exitCode === null ? `'${name}' is in the mesh as ${url}; Ctrl-C takes it out\n` : ''),
  exitCode: ({ exitCode }) => exitCode ?? 0,
})

function parseRun(values: Values): RunInput {
  const name = values.text('name')
  const port = values.port('port')
  const example = 'meshctl local run --name web --port 3000 -- node app.js'
  if (name === undefined || !NAME.test(name)) throw usage('--name is needed: lower-case letters, digits and dashes, at most 52', example)
  if (port === undefined) throw usage('--port is needed: where the program listens', example)
  const version = values.text('version') ?? 'v1'
  if (!/^[a-z0-9][a-z0-9-]{0,20}$/.test(version))
    throw usage(`--version: '${version}' is not a name of lower-case letters, digits and dashes`)
  const serviceAccount = values.text('serviceAccount') ?? name
  if (!NAME.test(serviceAccount))
    throw usage(`--service-account: '${serviceAccount}' is not a name of lower-case letters, digits and dashes`)
  return {
    name,
    version,
    port,
    servicePort: values.port('servicePort') ?? port,
    serviceAccount,
    stateDir: stateDirOf(values),
    argv: values.arguments(0),
  }
}

async function run(input: RunInput, context: CommandContext, show: (result: RunResult) => void): Promise<RunResult> {
  const paths = pathsFor(input.stateDir, context)
  const state = await requireMesh(paths)
  const interrupted = context.interrupted()
  const joined = await joinLocalMesh({
    ...input,
    state,
    paths,
    appPort: input.port,
    cwd: context.cwd,
    env: context.env,
    clock: context.clock,
    onEvent: (name, event) => context.io.err(eventLine(name, event, context.style)),
  })
  const result = { name: input.name, url: `http://${input.name}:${input.servicePort}`, processes: joined.statuses() }
  show({ ...result, exitCode: null })
  const why = await firstEnd(joined, interrupted, state.supervisor, context.clock)
  if (why === 'mesh gone') context.io.err('the mesh is gone; ending the program\n')
  const exitCode = why === 'program ended' ? await joined.ended() : 0
  await joined.leave()
  return { ...result, exitCode }
}

type End = 'program ended' | 'interrupted' | 'mesh gone'

const LOOK_EVERY_MS = 500

async function firstEnd(joined: LocalRun, interrupted: AbortSignal, supervisor: ProcessIdentity, clock: Clock): Promise<End> {
  const known = new AbortController()
  const ends = [
    joined.ended().then((): End => 'program ended'),
    untilAborted(interrupted).then((): End => 'interrupted'),
    untilGone(supervisor, clock, known.signal).then((): End => 'mesh gone'),
  ]
  const end = await Promise.race(ends)
  known.abort()
  return end
}

async function untilGone(process: ProcessIdentity, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await isAlive(process))) await sleep(clock, LOOK_EVERY_MS, signal)
}
