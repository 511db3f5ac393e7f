import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'

import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError } from '@meshwork/core/result'
import { type Clock, sleep } from '@meshwork/core/time'

import { buildEnvoyBootstrap, type EnvoyBootstrapOptions } from './envoy-bootstrap.ts'

export interface EnvoyProcessOptions {
  readonly binary: string
  readonly bootstrap: EnvoyBootstrapOptions
  readonly bootstrapPath: string
  /** Worker threads. */
  readonly concurrency: number
  readonly logLevel: string
  readonly clock: Clock
  readonly log: Logger
  /** Envoy ended although nobody asked it to, with this exit code (128 + number for a signal). */
  readonly ended: (exitCode: number) => void
}

/** Envoy closes at once on SIGTERM; this is for one that hangs. */
const KILL_AFTER_MS = 5_000
const POLL_MS = 50
const POLL_LIMIT_MS = 1_000
const OWNER_ONLY = 0o600

/** Runs Envoy as a child, from its bootstrap file to its exit code. Its output goes where ours goes. */
export class EnvoyProcess implements Runner {
  readonly name: string = 'envoy'
  private readonly options: EnvoyProcessOptions
  private child: ChildProcess | undefined
  private phase: 'starting' | 'running' | 'stopping' = 'starting'

  constructor(options: EnvoyProcessOptions) {
    this.options = options
  }

  /** Resolves when Envoy answers on its admin address. Whether it has its configuration is for its own `/ready` to say. */
  async start(): Promise<void> {
    const { binary, bootstrap, bootstrapPath, log } = this.options
    await writeFile(bootstrapPath, JSON.stringify(buildEnvoyBootstrap(bootstrap), null, 2), { mode: OWNER_ONLY })
    const child = spawn(binary, this.arguments(), { stdio: ['ignore', 'inherit', 'inherit'] })
    this.child = child
    await once(child, 'spawn').catch((error: unknown) => {
      throw cannotRun(binary, error)
    })
    child.once('exit', (code, signal) => this.exited(code, signal))
    log.info('envoy started', { pid: child.pid, admin: `${bootstrap.admin.host}:${bootstrap.admin.port}` })
    await this.untilAnswers(child)
    this.phase = 'running'
  }

  async close(): Promise<void> {
    this.phase = 'stopping'
    const { child } = this
    if (child !== undefined && isRunning(child)) {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = this.options.clock.after(KILL_AFTER_MS, () => child.kill('SIGKILL'))
      await exit
      timer.cancel()
    }
    await rm(this.options.bootstrapPath, { force: true })
  }

  private arguments(): readonly string[] {
    const { bootstrapPath, concurrency, logLevel } = this.options
    return ['-c', bootstrapPath, '--concurrency', String(concurrency), '--log-level', logLevel, '--disable-hot-restart']
  }

  private exited(code: number | null, signal: NodeJS.Signals | null): void {
    // While starting, `start` itself reports the failure.
    if (this.phase !== 'running') return
    this.options.log.error('envoy ended by itself', { code, signal })
    this.options.ended(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15))
  }

  private async untilAnswers(child: ChildProcess): Promise<void> {
    const { admin } = this.options.bootstrap
    while (!(await answers(admin.host, admin.port))) {
      if (!isRunning(child)) {
        throw new MeshError('ENVOY_ENDED', `envoy ended with ${child.exitCode ?? child.signalCode} before it answered`, {
          nextStep: 'read its own words above',
        })
      }
      await sleep(this.options.clock, POLL_MS)
    }
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null && child.pid !== undefined
}

/** Any answer will do: 503 says that Envoy runs and waits for its configuration. */
async function answers(host: string, port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://${host}:${port}/ready`, { signal: AbortSignal.timeout(POLL_LIMIT_MS) })
    await response.body?.cancel()
    return true
  } catch {
    return false
  }
}

function cannotRun(binary: string, cause: unknown): MeshError {
  return new MeshError('ENVOY_NOT_FOUND', `cannot run ${binary}`, {
    source: 'config',
    cause,
    nextStep: 'pass the path of an Envoy binary with --envoy-binary',
  })
}
