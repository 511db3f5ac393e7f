import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { messageOf } from '@meshwork/core/result'
import { Backoff, type Clock, sleep } from '@meshwork/core/time'
import type { ProcessPlan } from '../plan/mesh-plan.ts'
import type { ProcessPhase, ProcessStatus } from '../state/mesh-state.ts'
import { identityOf, type ProcessIdentity } from '../state/process-identity.ts'
import type { GroupGuard } from './group-guard.ts'
import { launch } from './launch.ts'
import { whenReady } from './readiness.ts'
import { terminate } from './terminate.ts'

/** What happened to a process after it had been ready once. */
export type ProcessEvent =
  | { readonly kind: 'ended'; readonly how: string; readonly againInMs: number }
  | { readonly kind: 'restarted'; readonly restarts: number }

export interface SupervisionOptions {
  readonly clock: Clock
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly guard: GroupGuard
  /** File that takes its output; `null` for the terminal. */
  readonly log: string | null
  /** Start it again when it ends. */
  readonly restart: boolean
  readonly onEvent: (name: string, event: ProcessEvent) => void
  readonly onChange: () => void
}

/** A child that was ready; boxed, because a promise of a promise would wait for both. */
interface Running {
  /** Resolves with how it ended. */
  readonly end: Promise<string>
}

/** It ran this long: the next crash is a new one, not the last one again. */
const SETTLED_MS = 10_000

/**
 * One process, kept running. The only owner of its child. `start` is called once; after its first readiness it is
 * restarted with growing delays until `stop`.
 */
export class SupervisedProcess {
  readonly plan: ProcessPlan
  private readonly options: SupervisionOptions
  private readonly stopping = new AbortController()
  private readonly backoff = new Backoff({ initialMs: 100, maxMs: 5000 })
  private child: ChildProcess | undefined
  private identity: ProcessIdentity | null = null
  private phase: ProcessPhase = 'waiting'
  private restarts = 0
  private loop: Promise<void> = Promise.resolve()

  constructor(plan: ProcessPlan, options: SupervisionOptions) {
    this.plan = plan
    this.options = options
  }

  status(): ProcessStatus {
    const { name, role, ports, identity } = this.plan
    return { name, role, phase: this.phase, process: this.identity, restarts: this.restarts, ports, identity, log: this.options.log ?? '' }
  }

  /** Resolves at its first readiness; rejects, with nothing left running, if it does not come to that. */
  async start(): Promise<void> {
    if (this.stopping.signal.aborted) return
    const ended = await this.launchOnce()
    this.loop = this.keepRunning(ended)
  }

  /** How it ended: resolves when it will not run again. */
  async finished(): Promise<string | undefined> {
    await this.loop
    const { child } = this
    return child === undefined ? undefined : describeEnd(child)
  }

  exitCode(): number | null {
    return this.child?.exitCode ?? null
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    const { child } = this
    if (child !== undefined) await terminate(child, this.options.clock, this.plan.program.kind === 'command')
    await this.loop
    this.become('stopped', null)
  }

  /** Starts a child and waits until it is ready. The promise inside the answer resolves when the child ends. */
  private async launchOnce(): Promise<Running> {
    const { clock, guard, log, cwd, env } = this.options
    const foreign = this.plan.program.kind === 'command'
    const output = log === null ? 'inherit' : openSync(log, 'a', 0o600)
    const child = launch(this.plan, { output, cwd, env })
    if (output !== 'inherit') closeSync(output)
    this.child = child
    const { pid } = child
    if (foreign && pid !== undefined) guard.watch(pid)
    const end = new Promise<string>(resolve => {
      child.once('exit', () => {
        if (foreign && pid !== undefined) guard.forget(pid)
        resolve(describeEnd(child))
      })
      child.once('error', error => resolve(error.message))
    })
    this.become('starting', pid === undefined ? null : ((await identityOf(pid)) ?? null))
    try {
      await whenReady(this.plan, child, log ?? 'its output', clock)
    } catch (error) {
      await terminate(child, clock, foreign)
      this.become('stopped', null)
      throw error
    }
    this.become('running', this.identity)
    return { end }
  }

  private async keepRunning(first: Running): Promise<void> {
    const { clock, restart, onEvent } = this.options
    let running = first
    for (;;) {
      const since = clock.monotonicMs()
      const how = await running.end
      if (this.stopping.signal.aborted || !restart) {
        this.become('stopped', null)
        return
      }
      if (clock.monotonicMs() - since > SETTLED_MS) this.backoff.reset()
      const next = await this.relaunch(how, onEvent)
      if (next === undefined) return
      running = next
    }
  }

  private async relaunch(how: string, onEvent: SupervisionOptions['onEvent']): Promise<Running | undefined> {
    let why = how
    while (!this.stopping.signal.aborted) {
      const delayMs = Math.round(this.backoff.nextMs())
      this.become('backoff', null)
      onEvent(this.plan.name, { kind: 'ended', how: why, againInMs: delayMs })
      await sleep(this.options.clock, delayMs, this.stopping.signal)
      if (this.stopping.signal.aborted) return undefined
      try {
        const running = await this.launchOnce()
        this.restarts++
        this.options.onChange()
        onEvent(this.plan.name, { kind: 'restarted', restarts: this.restarts })
        return running
      } catch (error) {
        why = messageOf(error)
      }
    }
    return undefined
  }

  private become(phase: ProcessPhase, identity: ProcessIdentity | null): void {
    this.phase = phase
    this.identity = identity
    this.options.onChange()
  }
}

function describeEnd(child: ChildProcess): string {
  if (child.signalCode !== null) return `killed by ${child.signalCode}`
  return child.exitCode === null ? 'not started' : `exited with code ${child.exitCode}`
}
