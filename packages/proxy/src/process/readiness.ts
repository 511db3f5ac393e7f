import type { Runner } from '@meshwork/core/lifecycle'
import type { ProxyState } from '../admin/index.ts'

/**
 * Notices the moment in which a proxy becomes ready. The last runner of the process: it counts as started in that moment, so
 * that whoever supervises the process hears of `ready` no sooner. Until then the admin interface says what is missing.
 */
export class Readiness implements Runner {
  readonly name = 'readiness'
  private readonly reached: Promise<void>
  private readonly resolve: () => void
  private readonly told: () => void
  private state: ProxyState | null = null
  private isReached = false

  /** `told` is called once, in the moment in which the proxy is ready. */
  constructor(told: () => void = () => undefined) {
    this.told = told
    const { promise, resolve } = Promise.withResolvers<void>()
    this.reached = promise
    this.resolve = resolve
  }

  watch(state: ProxyState): void {
    this.state = state
  }

  check(): void {
    if (this.isReached || this.state?.notReady() !== null) return
    this.isReached = true
    this.resolve()
    this.told()
  }

  /** Ends the wait. */
  giveUp(): void {
    this.resolve()
  }

  start(): Promise<void> {
    this.check()
    return this.reached
  }

  close(): Promise<void> {
    this.giveUp()
    return Promise.resolve()
  }
}
