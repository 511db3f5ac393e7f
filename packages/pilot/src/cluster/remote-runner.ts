import type { Runner } from '@meshwork/core/lifecycle'
import type { Discovery } from '../serve/discovery.ts'

/** Runs what follows other clusters. Started once those that can be reached have told what they have, and that is in force. */
export class RemoteRunner implements Runner {
  readonly name = 'clusters'
  private readonly runners: readonly Runner[]
  private readonly discovery: Discovery
  private started = false

  constructor(runners: readonly Runner[], discovery: Discovery) {
    this.runners = runners
    this.discovery = discovery
  }

  get isStarted(): boolean {
    return this.started
  }

  async start(): Promise<void> {
    await Promise.all(this.runners.map(runner => runner.start()))
    this.discovery.loop.flush()
    this.started = true
  }

  async close(): Promise<void> {
    await Promise.all(this.runners.map(runner => runner.close()))
  }
}
