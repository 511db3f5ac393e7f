import { type Child, siblingProgram, startProgram } from '../process/index.ts'
import type { CountedLoadOptions, Outcome } from './counted-load.ts'

type LoadReport = { readonly kind: 'ready' } | { readonly kind: 'outcomes'; readonly outcomes: readonly Outcome[] }

/** The test's end of a counted load in another process. */
export class LoadProcess implements AsyncDisposable {
  private readonly child: Child

  private constructor(child: Child) {
    this.child = child
  }

  /** `prefix`: words before the command, which enter a network namespace. Resolves when it has begun. */
  static async start(options: CountedLoadOptions, prefix: readonly string[] = []): Promise<LoadProcess> {
    const load = new LoadProcess(
      startProgram(siblingProgram('load-main', import.meta.url), { name: 'load', args: [JSON.stringify(options)], prefix }),
    )
    await load.child.whenReady()
    return load
  }

  /** Stops sending, and gives what became of every request. */
  stop(): Promise<readonly Outcome[]> {
    return new Promise((resolve, reject) => {
      this.child.process.on('message', (report: LoadReport) => {
        if (report.kind === 'outcomes') resolve(report.outcomes)
      })
      void this.child.whenExited().then(() => reject(new Error(`the load ended early\n${this.child.log.tail(20)}`)))
      this.child.process.send('stop')
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child.kill()
  }
}
