import { MeshError } from '@meshwork/core/result'
import type { LocalMeshOptions, RunningMesh } from './local-mesh-options.ts'
import type { ControlPlanePorts } from './plan/control-plane-ports.ts'
import type { MeshPlan } from './plan/mesh-plan.ts'
import { controlPlaneAddresses } from './plan/plan-mesh.ts'
import { endProcesses, removeState } from './state/clean-up.ts'
import type { MeshState } from './state/mesh-state.ts'
import { identityOf, type ProcessIdentity } from './state/process-identity.ts'
import { forgetDeadRuns, readRuns } from './state/run-file.ts'
import { StatePublisher } from './state/state-publisher.ts'
import { withoutProxySettings } from './supervisor/child-environment.ts'
import { Supervisor } from './supervisor/supervisor.ts'

export interface SessionPlan {
  readonly plan: MeshPlan
  readonly ports: ControlPlanePorts
  /** All folders of the user that are watched. */
  readonly config: readonly string[]
}

const RUN_STOP_MS = 8000
const SWEEP_EVERY_MS = 1000

/**
 * A local mesh from its start to its end. Owns the supervisor, the state file and the sweep of dead runs; used by the one
 * command that started it.
 */
export class LocalSession implements RunningMesh {
  private readonly options: LocalMeshOptions
  private readonly session: SessionPlan
  private readonly self: ProcessIdentity
  private readonly supervisor: Supervisor
  private readonly publisher: StatePublisher
  private phase: MeshState['phase'] = 'starting'
  private stopped: Promise<void> | undefined

  private constructor(options: LocalMeshOptions, session: SessionPlan, self: ProcessIdentity) {
    const { paths, clock, env, onEvent } = options
    this.options = options
    this.session = session
    this.self = self
    this.publisher = new StatePublisher(paths.meshFile, () => this.state(), clock)
    const onChange = (): void => this.publisher.changed()
    this.supervisor = new Supervisor(session.plan.processes, {
      clock,
      cwd: paths.root,
      env: withoutProxySettings(env),
      logs: paths.logs,
      onEvent,
      onChange,
    })
  }

  static async create(options: LocalMeshOptions, session: SessionPlan): Promise<LocalSession> {
    const self = await identityOf(process.pid)
    if (self === undefined) throw new MeshError('INTERNAL', 'cannot read the start time of this process')
    return new LocalSession(options, session, self)
  }

  async start(): Promise<void> {
    await this.publisher.flush()
    this.sweepRuns()
    await this.supervisor.start()
    this.phase = 'running'
    await this.publisher.flush()
  }

  state(): MeshState {
    const { plan, ports, config } = this.session
    const { mesh } = this.options
    return {
      version: 1,
      name: mesh.name,
      namespace: mesh.namespace,
      phase: this.phase,
      supervisor: this.self,
      gateways: plan.gateways,
      controlPlane: { ...controlPlaneAddresses(ports), pilotDebug: `127.0.0.1:${ports.pilotDebug}` },
      services: mesh.services.map(each => each.name),
      config,
      processes: this.supervisor.statuses(),
    }
  }

  /** With `failed`, log files stay for reading. */
  stop(failed: boolean = false): Promise<void> {
    this.stopped ??= this.stopOnce(failed)
    return this.stopped
  }

  private async stopOnce(failed: boolean): Promise<void> {
    const { paths, clock, keepLogs } = this.options
    this.phase = 'stopping'
    await this.publisher.flush()
    const runs = await readRuns(paths)
    const runners = runs.map(run => run.runner)
    await endProcesses(runners, clock, RUN_STOP_MS)
    await this.supervisor.stop()
    await this.publisher.close()
    await removeState(paths, keepLogs || failed)
  }

  /** Takes the objects of killed `local run`s out of the mesh, every now and then until the end. */
  private sweepRuns(): void {
    const { paths, clock, onNotice } = this.options
    clock.after(SWEEP_EVERY_MS, () => {
      if (this.phase === 'stopping') return
      void forgetDeadRuns(paths)
        .then(pods => pods.forEach(pod => onNotice(`${pod} is gone (its 'local run' was killed); took it out of the mesh`)))
        .finally(() => this.sweepRuns())
    })
  }
}
