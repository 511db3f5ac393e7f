import { join } from 'node:path'
import { type ProcessPlan, STOP_ORDER } from '../plan/mesh-plan.ts'
import type { ProcessStatus } from '../state/mesh-state.ts'
import { GroupGuard } from './group-guard.ts'
import { SupervisedProcess, type SupervisionOptions } from './supervised-process.ts'

export interface SupervisorOptions extends Omit<SupervisionOptions, 'guard' | 'log' | 'restart'> {
  /** Folder of one log file per process. */
  readonly logs: string
}

/** Runs the processes of a plan: starts each as soon as what it needs is ready, keeps all running, stops them in order. */
export class Supervisor {
  private readonly processes: readonly SupervisedProcess[]
  private readonly guard = new GroupGuard()

  constructor(plans: readonly ProcessPlan[], options: SupervisorOptions) {
    this.processes = plans.map(
      plan => new SupervisedProcess(plan, { ...options, guard: this.guard, log: join(options.logs, logName(plan.name)), restart: true }),
    )
  }

  statuses(): readonly ProcessStatus[] {
    return this.processes.map(each => each.status())
  }

  /** Resolves when all are ready. If one fails the promise rejects with its cause; the caller then calls `stop`. */
  async start(): Promise<void> {
    const started = new Map<string, Promise<void>>()
    const start = (each: SupervisedProcess): Promise<void> => {
      const known = started.get(each.plan.name)
      if (known !== undefined) return known
      const needed = this.processes.filter(other => each.plan.after.includes(other.plan.name))
      const promise = Promise.all(needed.map(start)).then(() => each.start())
      started.set(each.plan.name, promise)
      return promise
    }
    await Promise.all(this.processes.map(start))
  }

  async stop(): Promise<void> {
    for (const role of STOP_ORDER) {
      await Promise.all(this.processes.filter(each => each.plan.role === role).map(each => each.stop()))
    }
    await this.guard.close()
  }
}

/** `sidecar/reviews-v1` logs to `sidecar.reviews-v1.log`. */
export function logName(process: string): string {
  return `${process.replaceAll('/', '.')}.log`
}
