import { command, type Command, type CommandContext } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import type { MeshState, ProcessStatus } from '../../local/state/mesh-state.ts'
import { requireMesh } from '../../local/state/read-state.ts'
import { readRuns } from '../../local/state/run-file.ts'
import { advice, rejections } from '../../mesh-api/rejections.ts'
import { overallSync, type ProxySync, syncStatus } from '../../mesh-api/sync-status.ts'
import { pathsFor, STATE_OPTION, stateDirOf } from './state-option.ts'
import { type StatusRow, statusTable } from './status-table.ts'

interface StatusInput {
  readonly stateDir: string
}

interface StatusResult {
  readonly name: string
  readonly phase: MeshState['phase']
  readonly supervisorPid: number
  readonly gateways: MeshState['gateways']
  readonly config: readonly string[]
  readonly processes: readonly StatusRow[]
  /** Why the column CONFIG is empty, if it is. */
  readonly pilot: string | null
  /** What the mesh refuses of its configuration: `file:line: …`. */
  readonly rejections: readonly string[]
  /** What is accepted and will not work: the findings of `meshctl analyze` above info. */
  readonly advice: readonly string[]
}

export const localStatusCommand: Command = command<StatusInput, StatusResult>({
  name: 'local status',
  summary: 'what runs where in the mesh on this machine',
  description:
    'Shows every process with its state, restarts, ports, identity and whether it has acknowledged the newest configuration. Exit code 1 if anything is down or behind.',
  args: [],
  options: [STATE_OPTION],
  examples: [
    { line: 'meshctl local status', what: 'a table' },
    { line: 'meshctl local status -o json | jq .processes', what: 'for scripts' },
  ],
  resultKind: 'LocalStatus',
  parse: values => ({ stateDir: stateDirOf(values) }),
  run: status,
  print: (result, style) =>
    `mesh '${style.bold(result.name)}' is ${result.phase} (supervisor pid ${result.supervisorPid})\n` +
    `${result.gateways.map(({ url }) => `gateway ${url}\n`).join('')}\n${statusTable(result.processes, style)}` +
    (result.pilot === null ? '' : `\n${style.warn('!')} ${result.pilot}\n`) +
    result.rejections.map(line => `\n${style.warn('!')} refused, the last good version stays: ${line}\n`).join('') +
    result.advice.map(line => `\n${style.warn('!')} ${line}\n`).join(''),
  exitCode: ({ phase, processes, pilot, rejections: refused }) =>
    phase === 'running' && pilot === null && refused.length === 0 && processes.every(isWell) ? EXIT.ok : EXIT.bad,
})

async function status({ stateDir }: StatusInput, context: CommandContext): Promise<StatusResult> {
  const paths = pathsFor(stateDir, context)
  const state = await requireMesh(paths)
  const joined = (await readRuns(paths)).flatMap(run => run.processes)
  const sync = await askPilot(state.controlPlane.pilotDebug)
  const processes = [...state.processes, ...joined].map(each => ({
    ...each,
    sync: sync.kind === 'known' ? syncOf(each, sync.proxies, state) : '',
  }))
  return {
    name: state.name,
    phase: state.phase,
    supervisorPid: state.supervisor.pid,
    gateways: state.gateways,
    config: state.config,
    processes,
    pilot: sync.kind === 'known' ? null : sync.why,
    rejections: await rejections(state.controlPlane.pilotDebug).catch(() => []),
    advice: await advice(state.controlPlane.pilotDebug).catch(() => []),
  }
}

type Sync = { readonly kind: 'known'; readonly proxies: readonly ProxySync[] } | { readonly kind: 'unknown'; readonly why: string }

async function askPilot(address: string): Promise<Sync> {
  try {
    return { kind: 'known', proxies: await syncStatus(address) }
  } catch (error) {
    return { kind: 'unknown', why: error instanceof Error ? error.message : String(error) }
  }
}

function syncOf(process: ProcessStatus, proxies: readonly ProxySync[], state: MeshState): string {
  if (process.role !== 'sidecar' && process.role !== 'gateway') return ''
  const pod =
    process.role === 'gateway' ? 'istio-ingressgateway.istio-system' : `${process.name.slice('sidecar/'.length)}.${state.namespace}`
  return overallSync(proxies.find(each => each.name === pod))
}

function isWell(row: StatusRow): boolean {
  return row.phase === 'running' && (row.sync === '' || row.sync === 'SYNCED')
}
