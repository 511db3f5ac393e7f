import { type Command, command, type CommandContext } from '../../command/command.ts'
import { cleanUpStale, endProcesses } from '../../local/state/clean-up.ts'
import { findMesh } from '../../local/state/read-state.ts'
import { pathsFor, STATE_OPTION, stateDirOf } from './state-option.ts'

interface DownInput {
  readonly stateDir: string
}

interface DownResult {
  /** `stopped` a running mesh, `cleaned` up after one that had been killed, or there was `nothing`. */
  readonly outcome: 'stopped' | 'cleaned' | 'nothing'
  readonly name: string | null
}

/** All roles one after the other, with their grace. */
const STOP_WITHIN_MS = 30_000

export const localDownCommand: Command = command<DownInput, DownResult>({
  name: 'local down',
  summary: 'stop the mesh that runs on this machine',
  description:
    'Stops the mesh of the state folder, in order, and removes its state. Also cleans up after a mesh whose terminal was killed. Doing it twice is fine.',
  args: [],
  options: [STATE_OPTION],
  examples: [{ line: 'meshctl local down', what: 'stops the mesh that was started in this folder' }],
  resultKind: 'LocalDown',
  parse: values => ({ stateDir: stateDirOf(values) }),
  run: down,
  print: ({ outcome, name }) => {
    if (outcome === 'nothing') return 'no local mesh is running here\n'
    return outcome === 'stopped' ? `mesh '${name ?? ''}' is stopped\n` : 'removed what a mesh that was killed had left behind\n'
  },
})

async function down({ stateDir }: DownInput, context: CommandContext): Promise<DownResult> {
  const paths = pathsFor(stateDir, context)
  const found = await findMesh(paths)
  if (found.kind === 'none') return { outcome: 'nothing', name: null }
  if (found.kind === 'running') {
    await endProcesses([found.state.supervisor], context.clock, STOP_WITHIN_MS)
    // A supervisor that had to be killed could not clean up.
    const after = await findMesh(paths)
    if (after.kind === 'stale') await cleanUpStale(after.state, paths, context.clock)
    return { outcome: 'stopped', name: found.state.name }
  }
  await cleanUpStale(found.state, paths, context.clock)
  return { outcome: 'cleaned', name: found.state?.name ?? null }
}
