import { MeshError } from '@meshwork/core/result'
import type { LocalMeshOptions, RunningMesh } from './local-mesh-options.ts'
import { LocalSession } from './local-session.ts'
import { controlPlanePorts } from './plan/control-plane-ports.ts'
import { planMesh, portDemands } from './plan/plan-mesh.ts'
import { allocatePorts, type PortTable, withoutPreference } from './ports/allocate-ports.ts'
import { cleanUpStale } from './state/clean-up.ts'
import { prepareState } from './state/prepare-state.ts'
import { findMesh } from './state/read-state.ts'

/** Another mesh that starts at the same moment may take a port between our look and our process. */
const ATTEMPTS = 3

/** Starts a local mesh and supervises it in this process. Rejects, with nothing left behind but logs, if any part does not start. */
export async function startLocalMesh(options: LocalMeshOptions): Promise<RunningMesh> {
  await refuseOrCleanUp(options)
  const demands = portDemands(options.mesh, options.gatewayPort)
  for (let attempt = 1; ; attempt++) {
    const ports = await allocatePorts(attempt === 1 ? demands : demands.map(withoutPreference))
    try {
      return await startOnce(options, ports)
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof MeshError && error.code === 'PORT_IN_USE')) throw error
      options.onNotice(`${error.message}; trying other ports`)
    }
  }
}

async function startOnce(options: LocalMeshOptions, ports: PortTable): Promise<RunningMesh> {
  const { mesh, paths, signal } = options
  const config = [...mesh.config, ...options.config]
  const plan = planMesh({ mesh, paths, config, ports })
  const session = await LocalSession.create(options, { plan, ports: controlPlanePorts(mesh, ports), config })
  const giveUp = (): void => void session.stop()
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    await prepareState(plan, paths)
    await session.start()
  } catch (error) {
    await session.stop(true)
    throw signal?.aborted === true ? new MeshError('INTERRUPTED', 'stopped before the mesh was up') : error
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
  return session
}

async function refuseOrCleanUp({ paths, clock, onNotice }: LocalMeshOptions): Promise<void> {
  const found = await findMesh(paths)
  if (found.kind === 'running') {
    const { name, supervisor } = found.state
    throw new MeshError('ALREADY_RUNNING', `mesh '${name}' already runs with state in ${paths.root} (pid ${supervisor.pid})`, {
      source: 'config',
      nextStep: 'look at it with: meshctl local status, or stop it with: meshctl local down',
    })
  }
  if (found.kind === 'stale') {
    onNotice(`removed what a mesh that was killed had left in ${paths.root}`)
    await cleanUpStale(found.state, paths, clock)
  }
}
