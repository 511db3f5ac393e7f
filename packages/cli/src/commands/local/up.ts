import { resolve } from 'node:path'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { loadLocalMesh } from '../../local/definition/load-local-mesh.ts'
import type { RunningMesh } from '../../local/local-mesh-options.ts'
import { startLocalMesh } from '../../local/start-local-mesh.ts'
import type { MeshState } from '../../local/state/mesh-state.ts'
import type { Style } from '../../output/style.ts'
import { eventLine } from './event-line.ts'
import { holdMesh } from './hold.ts'
import { pathsFor, STATE_OPTION, stateDirOf } from './state-option.ts'
import { statusTable } from './status-table.ts'

interface UpInput {
  readonly file: string
  readonly config: readonly string[]
  readonly stateDir: string
  readonly gatewayPort: number | undefined
  readonly keepLogs: boolean
}

interface UpResult extends MeshState {
  readonly startedInMs: number
}

export const localUpCommand: Command = command<UpInput, UpResult>({
  name: 'local up',
  summary: 'start the mesh of a mesh file and keep it running',
  description:
    'Starts pilot, citadel, mixer, its adapters, a gateway, and for each instance of each service the program and its sidecar, all on 127.0.0.1. Watches the configuration folders; stops everything on Ctrl-C.',
  args: [],
  options: [
    { flags: '-f, --file <path>', summary: 'the mesh file', default: 'mesh.yaml' },
    { flags: '--config <folder>', summary: 'a folder of Istio YAML beside those of the mesh file; may be repeated', repeatable: true },
    { flags: '--gateway-port <port>', summary: 'where the gateway listens instead of the first port of the mesh file' },
    { flags: '--keep-logs', summary: 'keep the log files after the mesh was stopped' },
    STATE_OPTION,
  ],
  examples: [
    { line: 'meshctl local up', what: 'starts ./mesh.yaml' },
    { line: 'meshctl local up -f examples/bookinfo/mesh.yaml --gateway-port 8081', what: 'the sample, entered through port 8081' },
    { line: 'meshctl local up -o json | jq .gateways', what: 'prints one document when the mesh is up, and keeps running' },
  ],
  resultKind: 'LocalUp',
  parse: values => ({
    file: values.text('file') ?? 'mesh.yaml',
    config: values.list('config'),
    stateDir: stateDirOf(values),
    gatewayPort: values.port('gatewayPort'),
    keepLogs: values.flag('keepLogs'),
  }),
  run: async (input, context, show) => {
    const started = context.clock.monotonicMs()
    const mesh = await up(input, context)
    show({ ...mesh.state(), startedInMs: Math.round(context.clock.monotonicMs() - started) })
    await holdMesh(mesh.state(), context)
    context.io.err('stopping …\n')
    await mesh.stop()
    context.io.err('stopped; nothing is left running\n')
    return null
  },
  print: printUp,
})

async function up(input: UpInput, context: CommandContext): Promise<RunningMesh> {
  const mesh = await loadLocalMesh(resolve(context.cwd, input.file))
  context.io.err(`starting mesh '${mesh.name}' …\n`)
  return startLocalMesh({
    mesh,
    paths: pathsFor(input.stateDir, context),
    config: input.config.map(folder => resolve(context.cwd, folder)),
    gatewayPort: input.gatewayPort === undefined ? { kind: 'as-named' } : { kind: 'moved', port: input.gatewayPort },
    keepLogs: input.keepLogs,
    clock: context.clock,
    env: context.env,
    onEvent: (name, event) => context.io.err(eventLine(name, event, context.style)),
    onNotice: text => context.io.err(`${text}\n`),
    signal: context.interrupted(),
  })
}

function printUp(result: UpResult, style: Style): string {
  const table = statusTable(
    result.processes.map(each => ({ ...each, sync: '' })),
    style,
  )
  const gateways = result.gateways.map(({ url }) => `  ${url}\n`).join('')
  return (
    `${table}\nMesh '${style.bold(result.name)}' is up after ${(result.startedInMs / 1000).toFixed(1)} s.\n` +
    (gateways === '' ? '' : `Gateway:\n${gateways}`) +
    `Configuration: ${result.config.join(', ')} (edit and save)\n` +
    'In another terminal: meshctl local status | meshctl proxy-status | meshctl local run --name NAME --port PORT -- CMD\n' +
    'Ctrl-C stops it.\n'
  )
}
