import { type Child, siblingProgram, startProgram } from '../process/index.ts'
import type { BackendOptions, BackendReport } from './backend-messages.ts'

/** A request as a backend saw it. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  /** Milliseconds since the Unix epoch, with a fraction. */
  readonly atMs: number
}

/** The test's end of a backend that is a process of its own. */
export class BackendProcess implements AsyncDisposable {
  readonly name: string
  /** Every request that reached it, in order. */
  readonly seen: SeenRequest[] = []
  readonly child: Child
  port = 0

  private constructor(options: BackendOptions, prefix: readonly string[]) {
    this.name = options.name
    const args = [JSON.stringify(options)]
    this.child = startProgram(siblingProgram('backend-main', import.meta.url), { name: options.name, args, prefix })
    this.child.process.on('message', (report: BackendReport) => this.receive(report))
  }

  /** `prefix`: words before the command, which enter a network namespace. Resolves when it serves. */
  static async start(options: BackendOptions, prefix: readonly string[] = []): Promise<BackendProcess> {
    const backend = new BackendProcess(options, prefix)
    await backend.child.whenReady()
    return backend
  }

  /** Several at once: `backend-0`, `backend-1` and so on. */
  static startAll(count: number, options: Partial<BackendOptions> = {}): Promise<readonly BackendProcess[]> {
    return Promise.all(Array.from({ length: count }, (_, index) => BackendProcess.start({ name: `backend-${index}`, ...options })))
  }

  kill(): Promise<void> {
    return this.child.kill()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child.kill()
  }

  private receive(report: BackendReport): void {
    if (report.kind === 'ready') this.port = report.port
    else this.seen.push({ method: report.method, path: report.path, atMs: report.atMs })
  }
}
