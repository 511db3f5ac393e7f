import type { Runner } from '@meshwork/core/lifecycle'
import { type Clock, sleep } from '@meshwork/core/time'

/** How a proxy of a pod stops. */
export interface TerminationPolicy {
  /** Milliseconds in which everything goes on after the request to stop, for the application that stops as well. */
  readonly graceMs: number
  /** Afterwards it goes on for as long as there are connections; the kubelet ends it when the pod's grace period is over. */
  readonly untilIdle: boolean
}

export interface TerminationOptions extends TerminationPolicy {
  /** Clients from outside are asked to leave; new connections are taken all the same. */
  readonly askToLeave: () => void
  /** Open ones of clients. */
  readonly connections: () => number
  readonly wasReady: () => boolean
  readonly clock: Clock
}

const LOOK_MS = 100

/** The last runner of a proxy in a pod, so that its stop comes before that of all others. State: whether it has begun, and whether to hurry. */
export class Termination implements Runner {
  readonly name = 'termination'
  private readonly options: TerminationOptions
  private readonly hurried = new AbortController()
  private begun = false

  constructor(options: TerminationOptions) {
    this.options = options
  }

  get hasBegun(): boolean {
    return this.begun
  }

  /** Nobody needs the network any more: a stop that has begun, or that comes, waits for nothing. */
  hurry(): void {
    this.hurried.abort()
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  async close(): Promise<void> {
    const { graceMs, untilIdle, askToLeave, connections, wasReady, clock } = this.options
    const { signal } = this.hurried
    this.begun = true
    // What was never ready has nobody who relies on it.
    if (!wasReady()) return
    askToLeave()
    await sleep(clock, graceMs, signal)
    while (untilIdle && connections() > 0 && !signal.aborted) await sleep(clock, LOOK_MS, signal)
  }
}
