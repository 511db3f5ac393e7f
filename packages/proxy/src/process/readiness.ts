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
  private state: ProxyState | null = null

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.reached = promise
    this.resolve = resolve
  }

  watch(state: ProxyState): void {
    this.state = state
  }

  check(): void {
    if (this.state?.notReady() === null) this.resolve()
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
