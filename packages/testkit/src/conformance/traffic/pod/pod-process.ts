import { type Child, siblingProgram, startProgram } from '../../../process/index.ts'
import type { Answer, Command, DrivenRequest, Note, Report, ServedEndpoint } from './messages.ts'

/** Counts the requests with each plan key over all endpoints of a scenario. */
export class PlanCounter {
  private readonly counts = new Map<string, number>()

  next(key: string): number {
    const index = this.counts.get(key) ?? 0
    this.counts.set(key, index + 1)
    return index
  }
}

interface Pending {
  resolve(answers: readonly Answer[]): void
  reject(error: Error): void
}

/** The runner's end of a process that lives in one network namespace. */
export class PodProcess implements AsyncDisposable {
  /** Everything endpoints of this pod received, in order; the runner empties it between requests. */
  readonly notes: Note[] = []
  private readonly child: Child
  private readonly plans: PlanCounter
  private readonly pending = new Map<number, Pending>()
  private commands = 0

  constructor(name: string, prefix: readonly string[], plans: PlanCounter) {
    this.plans = plans
    this.child = startProgram(siblingProgram('pod-main', import.meta.url), { name: `pod ${name}`, args: [], prefix })
    this.child.process.on('message', (report: Report) => this.receive(report))
    void this.child.whenExited().then(() => this.failAll())
  }

  whenReady(): Promise<void> {
    return this.child.whenReady()
  }

  async serve(endpoints: readonly ServedEndpoint[]): Promise<void> {
    await this.ask(id => ({ kind: 'serve', id, endpoints }))
  }

  request(request: DrivenRequest): Promise<readonly Answer[]> {
    return this.ask(id => ({ kind: 'request', id, request }))
  }

  /** Resolves when all notes taken so far have arrived. */
  async flush(): Promise<void> {
    await this.ask(id => ({ kind: 'flush', id }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.kill()
  }

  private ask(command: (id: number) => Command): Promise<readonly Answer[]> {
    const id = this.commands++
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject })
      this.child.process.send(command(id))
    })
  }

  private receive(report: Report): void {
    if (report.kind === 'note') this.notes.push(report.note)
    if (report.kind === 'plan') this.child.process.send({ kind: 'plan-step', id: report.id, index: this.plans.next(report.key) })
    if (report.kind === 'done') this.take(report.id)?.resolve(report.answers)
    if (report.kind === 'error') this.take(report.id)?.reject(new Error(report.message))
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id)
    this.pending.delete(id)
    return pending
  }

  private failAll(): void {
    for (const id of [...this.pending.keys()]) this.take(id)?.reject(new Error(`${this.child.name} ended: ${this.child.log.tail(25)}`))
  }
}
