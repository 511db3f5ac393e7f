import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

import { MeshError } from '@meshwork/core/result'
import { sleep, systemClock } from '@meshwork/core/time'

import { LogCapture } from './log-capture.ts'

export interface ChildOptions {
  /** Name in messages. */
  readonly name: string
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly directory?: string
  /** With an IPC channel `whenReady` waits for `{kind: 'ready'}`; without, the process counts as ready once started. */
  readonly ipc: boolean
}

/** Time a process gets to end by itself after SIGTERM. */
const STOP_GRACE_MS = 5_000
const READY_LIMIT_MS = 20_000

/** One operating-system process that a test started. Stopped by its own pid, never by name. */
export class Child implements AsyncDisposable {
  readonly name: string
  readonly log: LogCapture = new LogCapture()
  readonly process: ChildProcess
  private readonly exit: Promise<void>
  private readonly ready: Promise<void>

  constructor(options: ChildOptions) {
    this.name = options.name
    const [file = '', ...args] = options.command
    this.process = spawn(file, args, {
      env: { ...process.env, NODE_OPTIONS: '', ...options.environment },
      stdio: ['ignore', this.log.descriptor, this.log.descriptor, ...(options.ipc ? ['ipc' as const] : [])],
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
    })
    this.exit = new Promise(resolve => {
      this.process.once('exit', () => resolve())
      this.process.once('error', () => resolve())
    })
    this.ready = options.ipc ? this.firstReport() : this.spawned()
    // Whoever waits sees the failure; nobody waiting must not crash the test run.
    this.ready.catch(() => undefined)
  }

  get pid(): number | undefined {
    return this.process.pid
  }

  running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null && this.process.pid !== undefined
  }

  /** Resolves when the process says that it serves. Rejects with its own words when it fails or ends before. */
  async whenReady(limitMs: number = READY_LIMIT_MS): Promise<void> {
    const late = new AbortController()
    const timeout = sleep(systemClock, limitMs, late.signal).then(() => {
      if (!late.signal.aborted) throw this.failure('NOT_READY', `was not ready within ${limitMs} ms`)
    })
    try {
      await Promise.race([this.ready, timeout])
    } finally {
      late.abort()
    }
  }

  whenExited(): Promise<void> {
    return this.exit
  }

  /** Ends the process at once, as a crash would. */
  async kill(): Promise<void> {
    if (this.running()) this.process.kill('SIGKILL')
    await this.exit
    this.log.close()
  }

  /** SIGTERM, and SIGKILL when that is not obeyed. */
  async stop(): Promise<void> {
    if (this.running()) this.process.kill('SIGTERM')
    const done = new AbortController()
    await Promise.race([this.exit, sleep(systemClock, STOP_GRACE_MS, done.signal)])
    done.abort()
    await this.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  private async spawned(): Promise<void> {
    const [event] = await Promise.race([
      once(this.process, 'spawn').then(() => ['spawn'] as const),
      this.exit.then(() => ['exit'] as const),
    ])
    if (event === 'exit') throw this.failure('NOT_STARTED', 'could not be started')
  }

  private firstReport(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.process.on('message', (message: unknown) => {
        const report = parseReport(message)
        if (report?.kind === 'ready') resolve()
        if (report?.kind === 'failed') reject(this.failure(report.code, report.message))
      })
      void this.exit.then(() => reject(this.failure('ENDED_EARLY', 'ended before it was ready')))
    })
  }

  private failure(code: string, message: string): MeshError {
    return new MeshError(code, `${this.name} ${message}\n${this.log.tail(20)}`, { nextStep: 'read its log above' })
  }
}

type Report = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly code: string; readonly message: string }

function parseReport(message: unknown): Report | null {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return null
  if (message.kind === 'ready') return { kind: 'ready' }
  if (message.kind !== 'failed') return null
  const code = 'code' in message ? String(message.code) : 'UNKNOWN'
  return { kind: 'failed', code, message: 'message' in message ? String(message.message) : 'failed' }
}
