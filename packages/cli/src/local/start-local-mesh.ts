import { MeshError } from '@meshwork/core/result'
import type { LocalMeshOptions, RunningMesh } from './local-mesh-options.ts'
import { LocalSession } from './local-session.ts'
import { controlPlanePorts } from './plan/control-plane-ports.ts'
import { planMesh, portDemands } from './plan/plan-mesh.ts'
import { allocatePorts } from './ports/allocate-ports.ts'
import { cleanUpStale } from './state/clean-up.ts'
import { prepareState } from './state/prepare-state.ts'
import { findMesh } from './state/read-state.ts'

/** Starts a local mesh and supervises it in this process. Rejects, with nothing left behind but logs, if any part does not start. */
export async function startLocalMesh(options: LocalMeshOptions): Promise<RunningMesh> {
  await refuseOrCleanUp(options)
  const { mesh, paths, signal } = options
  const config = [...mesh.config, ...options.config]
  const ports = await allocatePorts(portDemands(mesh, options.gatewayPort))
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
