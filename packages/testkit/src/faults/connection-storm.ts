import { type Child, siblingProgram, startProgram } from '../process/index.ts'

/** What became of the connections so far. */
export interface StormReport {
  readonly kind: 'storm'
  opened: number
  /** Not accepted by the system. */
  failed: number
  /** Ended by the other side. */
  ended: number
}

/** Many connections in a short time, from a process of its own. */
export class ConnectionStorm implements AsyncDisposable {
  private readonly child: Child

  private constructor(child: Child) {
    this.child = child
  }

  static async start(port: number, count: number, durationMs: number): Promise<ConnectionStorm> {
    const args = [port, count, durationMs].map(String)
    // It takes only what nobody else needs: what is measured is how the proxy copes, not how many processors there are.
    const child = startProgram(siblingProgram('storm-main', import.meta.url), { name: 'storm', args, prefix: ['nice', '-n', '19'] })
    await child.whenReady()
    return new ConnectionStorm(child)
  }

  report(): Promise<StormReport> {
    return new Promise(resolve => {
      this.child.process.once('message', (report: StormReport) => resolve(report))
      this.child.process.send('report')
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.kill()
  }
}
