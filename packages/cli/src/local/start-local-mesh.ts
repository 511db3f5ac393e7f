import { MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import type { LocalMesh } from './definition/local-mesh.ts'
import { controlPlanePorts, type GatewayPort } from './plan/control-plane-ports.ts'
import type { MeshPlan } from './plan/mesh-plan.ts'
import { controlPlaneAddresses, planMesh, portDemands } from './plan/plan-mesh.ts'
import { allocatePorts } from './ports/allocate-ports.ts'
import { cleanUpStale, endProcesses, removeState } from './state/clean-up.ts'
import type { MeshState } from './state/mesh-state.ts'
import { prepareState } from './state/prepare-state.ts'
import { identityOf } from './state/process-identity.ts'
import { findMesh } from './state/read-state.ts'
import { forgetDeadRuns, readRuns } from './state/run-file.ts'
import type { StatePaths } from './state/state-paths.ts'
import { StatePublisher } from './state/state-publisher.ts'
import type { ProcessEvent } from './supervisor/supervised-process.ts'
import { Supervisor } from './supervisor/supervisor.ts'

export interface LocalMeshOptions {
  readonly mesh: LocalMesh
  readonly paths: StatePaths
  /** Folders beside those that the mesh file names. */
  readonly config: readonly string[]
  readonly gatewayPort: GatewayPort
  readonly keepLogs: boolean
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onEvent: (name: string, event: ProcessEvent) => void
  /** A sentence about something that was found and put right. */
  readonly onNotice: (text: string) => void
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal
}

export interface RunningMesh {
  state(): MeshState
  /** Stops everything in order and removes the state. */
  stop(): Promise<void>
}

type Publish = Pick<StatePublisher, 'changed'>

/** Starts a local mesh and supervises it in this process. Rejects, with nothing left behind but logs, if any part does not start. */
export async function startLocalMesh(options: LocalMeshOptions): Promise<RunningMesh> {
  await refuseOrCleanUp(options)
  const { mesh, paths } = options
  const config = [...mesh.config, ...options.config]
  const ports = await allocatePorts(portDemands(mesh, options.gatewayPort))
  const plan = planMesh({ mesh, paths, config, ports })
  const session = await openSession(options, plan, config, controlPlanePorts(mesh, ports))
  const giveUp = (): void => void session.stop()
  options.signal?.addEventListener('abort', giveUp, { once: true })
  try {
    await session.start()
  } catch (error) {
    await session.stop(true)
    throw options.signal?.aborted === true ? new MeshError('INTERRUPTED', 'stopped before the mesh was up') : error
  } finally {
    options.signal?.removeEventListener('abort', giveUp)
  }
  return session
}

async function refuseOrCleanUp({ paths, clock, onNotice }: LocalMeshOptions): Promise<void> {
  const found = await findMesh(paths)
  if (found.kind === 'running') {
    throw new MeshError(
      'ALREADY_RUNNING',
      `mesh '${found.state.name}' already runs with state in ${paths.root} (pid ${found.state.supervisor.pid})`,
      {
        source: 'config',
        nextStep: 'look at it with: meshctl local status, or stop it with: meshctl local down',
      },
    )
  }
  if (found.kind === 'stale') {
    onNotice(`removed what a mesh that was killed had left in ${paths.root}`)
    await cleanUpStale(found.state, paths, clock)
  }
}

interface Session extends RunningMesh {
  start(): Promise<void>
  /** With `failed`, log files stay for reading. */
  stop(failed?: boolean): Promise<void>
}

async function openSession(
  options: LocalMeshOptions,
  plan: MeshPlan,
  config: readonly string[],
  ports: ReturnType<typeof controlPlanePorts>,
): Promise<Session> {
  const { mesh, paths, clock } = options
  const self = await identityOf(process.pid)
  if (self === undefined) throw new MeshError('INTERNAL', 'cannot read the start time of this process')
  await prepareState(plan, paths)
  let phase: MeshState['phase'] = 'starting'
  let publish: Publish = { changed: () => undefined }
  const { onEvent } = options
  const supervisor = new Supervisor(plan.processes, {
    clock,
    cwd: paths.root,
    env: childEnv(options.env),
    logs: paths.logs,
    onEvent,
    onChange: () => publish.changed(),
  })
  const state = (): MeshState => ({
    version: 1,
    name: mesh.name,
    namespace: mesh.namespace,
    phase,
    supervisor: self,
    gateways: plan.gateways,
    controlPlane: { ...controlPlaneAddresses(ports), pilotDebug: `127.0.0.1:${ports.pilotDebug}` },
    services: mesh.services.map(each => each.name),
    config,
    processes: supervisor.statuses(),
  })
  const publisher = new StatePublisher(paths.meshFile, state, clock)
  publish = publisher
  await publisher.flush()
  const sweep = sweepRuns(options)
  let stopped: Promise<void> | undefined
  const stop = async (failed: boolean): Promise<void> => {
    phase = 'stopping'
    sweep.close()
    await publisher.flush()
    await endRuns(options)
    await supervisor.stop()
    await publisher.close()
    await removeState(paths, options.keepLogs || failed)
  }
  return {
    state,
    start: async () => {
      await supervisor.start()
      phase = 'running'
      await publisher.flush()
    },
    stop: (failed = false) => (stopped ??= stop(failed)),
  }
}

const RUN_STOP_MS = 8000

async function endRuns({ paths, clock }: LocalMeshOptions): Promise<void> {
  const runs = await readRuns(paths)
  await endProcesses(
    runs.map(run => run.runner),
    clock,
    RUN_STOP_MS,
  )
}

const SWEEP_EVERY_MS = 1000

/** Takes the objects of killed `local run`s out of the mesh. */
function sweepRuns({ paths, clock, onNotice }: LocalMeshOptions): { close(): void } {
  let closed = false
  const again = (): void => {
    clock.after(SWEEP_EVERY_MS, () => {
      if (closed) return
      void forgetDeadRuns(paths)
        .then(pods => pods.forEach(pod => onNotice(`${pod} is gone (its 'local run' was killed); took it out of the mesh`)))
        .finally(again)
    })
  }
  again()
  return { close: () => void (closed = true) }
}

/** Our processes must not take the proxy settings of the user's shell for their own connections, which are all on loopback. */
function childEnv(env: LocalMeshOptions['env']): Readonly<Record<string, string | undefined>> {
  const proxies = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'grpc_proxy', 'NODE_CHANNEL_FD']
  return Object.fromEntries(Object.entries(env).filter(([name]) => !proxies.includes(name)))
}
