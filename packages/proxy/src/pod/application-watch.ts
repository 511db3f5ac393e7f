import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock, Timer } from '@meshwork/core/time'

/** Of a pod that ends by itself. */
export type RestartPolicy = 'Never' | 'OnFailure'

export interface ApplicationWatchOptions {
  readonly restartPolicy: RestartPolicy
  /** Called once: the containers of the application have ended and will not be started again. */
  readonly ended: () => void
  readonly clock: Clock
  readonly log: Logger
  /** Default `/proc`. */
  readonly proc?: string
}

/** Until the application is seen: a container is made and started in more time than two looks take. */
const FIRST_LOOK_MS = 10
const LOOK_MS = 250
/** A process that enters a container belongs to nobody for a moment: one that is there in two looks is what it seems. */
const CERTAIN_LOOKS = 2
const GONE_MS = 1_000
/** After which time the kubelet starts a container anew that failed: doubled each time. */
const BACK_OFF = { firstMs: 10_000, longestMs: 300_000, marginMs: 5_000 }

/**
 * Notices that the application of a pod has ended, by the processes of the other containers (docs/decisions/0054). Needs the pod's
 * processes to share a namespace. State: what was seen of them.
 */
export class ApplicationWatch implements Runner {
  readonly name = 'application watch'
  private readonly options: ApplicationWatchOptions
  private readonly proc: string
  private timer: Timer | null = null
  private own = ''
  /** Foreign processes, with the number of looks that found them so. */
  private seen: ReadonlyMap<string, number> = new Map()
  private starts = 0
  private isRunning = false
  private goneSinceMs = 0

  constructor(options: ApplicationWatchOptions) {
    this.options = options
    this.proc = options.proc ?? '/proc'
  }

  start(): Promise<void> {
    this.own = this.cgroupOf('self') ?? ''
    if (this.own === '' || this.cgroupOf('1') === this.own) {
      this.options.log.error('the end of the application cannot be seen', {
        reason: 'the pod does not share its process namespace',
        nextStep: 'set shareProcessNamespace in the pod, or let the application POST to 127.0.0.1:15020/quitquitquit',
      })
      return Promise.resolve()
    }
    this.look()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.timer?.cancel()
    return Promise.resolve()
  }

  private look(): void {
    const { clock, log, ended } = this.options
    this.seen = this.foreign()
    const isRunning = [...this.seen.values()].some(looks => looks >= CERTAIN_LOOKS)
    if (isRunning && !this.isRunning) this.starts++
    // What is not certain yet, after it ran, is no end either.
    if (this.isRunning && !isRunning && this.seen.size === 0) {
      this.isRunning = false
      this.goneSinceMs = clock.monotonicMs()
    } else if (isRunning) this.isRunning = true
    if (this.hasEnded()) {
      log.info('the application has ended', { starts: this.starts })
      ended()
      return
    }
    this.timer = clock.after(this.starts === 0 ? FIRST_LOOK_MS : LOOK_MS, () => this.look())
  }

  private hasEnded(): boolean {
    if (this.starts === 0 || this.isRunning || this.seen.size > 0) return false
    return this.options.clock.monotonicMs() - this.goneSinceMs >= this.patienceMs()
  }

  /** The first restart of the kubelet comes at once, the next after 10 s, each later one after twice as long. */
  private patienceMs(): number {
    if (this.options.restartPolicy === 'Never') return GONE_MS
    const { firstMs, longestMs, marginMs } = BACK_OFF
    return Math.min(firstMs * 2 ** Math.max(0, this.starts - 1), longestMs) + marginMs
  }

  /** Processes of other containers; the first of a shared namespace is that of the pod itself. */
  private foreign(): ReadonlyMap<string, number> {
    const found = new Map<string, number>()
    for (const pid of readdirSync(this.proc)) {
      if (!/^\d+$/.test(pid) || pid === '1') continue
      const cgroup = this.cgroupOf(pid)
      if (cgroup !== undefined && cgroup !== this.own) found.set(pid, (this.seen.get(pid) ?? 0) + 1)
    }
    return found
  }

  /** undefined: it is gone. */
  private cgroupOf(pid: string): string | undefined {
    try {
      return readFileSync(join(this.proc, pid, 'cgroup'), 'utf8')
    } catch {
      return undefined
    }
  }
}
