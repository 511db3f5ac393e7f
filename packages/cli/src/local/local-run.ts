import { join } from 'node:path'
import { type Clock, sleep } from '@meshwork/core/time'
import type { LocalMeshOptions } from './local-mesh-options.ts'
import { runObjects } from './objects/run-objects.ts'
import type { PlacedWorkload } from './objects/service-objects.ts'
import type { ProcessPlan } from './plan/mesh-plan.ts'
import type { ProcessStatus } from './state/mesh-state.ts'
import { writeRegistryFile } from './state/prepare-state.ts'
import type { ProcessIdentity } from './state/process-identity.ts'
import { findMesh } from './state/read-state.ts'
import { releaseRun, runRegistryName, updateRun } from './state/run-file.ts'
import type { StatePaths } from './state/state-paths.ts'
import { type Environment, withoutProxySettings } from './supervisor/child-environment.ts'
import { GroupGuard } from './supervisor/group-guard.ts'
import { SupervisedProcess } from './supervisor/supervised-process.ts'
import { logName } from './supervisor/supervisor.ts'

export interface LocalRunOptions {
  readonly paths: StatePaths
  readonly placed: PlacedWorkload
  readonly runner: ProcessIdentity
  readonly sidecar: ProcessPlan
  readonly app: ProcessPlan
  readonly clock: Clock
  readonly env: LocalMeshOptions['env']
  readonly onEvent: LocalMeshOptions['onEvent']
}

/** How long proxies may take to hear that the program is no longer an endpoint, before it is really gone. */
const LEAVE_MS = 300

/** A program that joined a running mesh, with its sidecar. Owned by the one `local run` that started it. */
export class LocalRun {
  private readonly options: LocalRunOptions
  private readonly guard = new GroupGuard()
  private readonly sidecar: SupervisedProcess
  private readonly app: SupervisedProcess
  private left: Promise<void> | undefined

  constructor(options: LocalRunOptions) {
    this.options = options
    const { sidecar, app, env, paths } = options
    this.sidecar = this.supervise(sidecar, join(paths.logs, logName(sidecar.name)), withoutProxySettings(env))
    this.app = this.supervise(app, null, env)
  }

  statuses(): readonly ProcessStatus[] {
    return [this.sidecar.status(), this.app.status()]
  }

  /** The sidecar first, then the program; only then does anybody call it. */
  async start(): Promise<void> {
    await this.publish(false)
    await this.sidecar.start()
    await this.app.start()
    await this.publish(true)
  }

  /** Resolves with the program's exit code, when it ends by itself or by `leave`. */
  async ended(): Promise<number> {
    await this.app.finished()
    return this.app.exitCode() ?? 1
  }

  /** Takes the program out of the mesh, then ends it and its sidecar. */
  leave(): Promise<void> {
    this.left ??= this.leaveOnce()
    return this.left
  }

  private async leaveOnce(): Promise<void> {
    const { paths, placed, clock } = this.options
    const mesh = await findMesh(paths)
    if (mesh.kind === 'running' && mesh.state.phase === 'running') {
      await this.publish(false)
      await sleep(clock, LEAVE_MS)
    }
    await this.app.stop()
    await this.sidecar.stop()
    await this.guard.close()
    await releaseRun(paths, placed.workload)
  }

  /** A program of the user is not started again: what its end means is for the user to say. */
  private supervise(plan: ProcessPlan, log: string | null, env: Environment): SupervisedProcess {
    const { clock, paths, onEvent } = this.options
    const onChange = (): void => this.changed()
    return new SupervisedProcess(plan, { clock, cwd: paths.root, env, guard: this.guard, log, restart: log !== null, onEvent, onChange })
  }

  private changed(): void {
    const { paths, placed, runner } = this.options
    if (this.left !== undefined) return
    const { pod, service } = placed.workload
    void updateRun(paths, { pod, service, runner, processes: this.statuses() }).catch(() => undefined)
  }

  private publish(ready: boolean): Promise<void> {
    const { paths, placed } = this.options
    return writeRegistryFile(paths, { name: runRegistryName(placed.workload.pod), documents: runObjects(placed, ready) })
  }
}
