import type { Logger } from '../log/logger.ts'
import { messageOf } from '../result/mesh-error.ts'

/** A part of a process that is started and closed. `main.ts` lists them in start order; they close in reverse. */
export interface Runner {
  readonly name: string
  /** Resolves when ready to serve. Rejects with a `MeshError` when it cannot start. */
  start(): Promise<void>
  /** Releases everything: sockets, timers, files. Called once, also after a failed start and while a start is under way. */
  close(): Promise<void>
}

/** Starts in order, until `signal` aborts. When one fails, those already started are closed before the error is passed on. */
export async function startAll(runners: readonly Runner[], log: Logger, signal?: AbortSignal): Promise<void> {
  for (const [index, runner] of runners.entries()) {
    if (isAborted(signal)) return
    try {
      await runner.start()
      log.debug('started', { runner: runner.name })
    } catch (error) {
      // Whoever aborted closes them all.
      if (isAborted(signal)) return
      await closeAll(runners.slice(0, index + 1), log)
      throw error
    }
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

/** Closes in reverse order of `runners`. A failure is logged and does not stop the others. */
export async function closeAll(runners: readonly Runner[], log: Logger): Promise<void> {
  for (const runner of runners.toReversed()) {
    try {
      await runner.close()
    } catch (error) {
      log.error('close failed', { runner: runner.name, error: messageOf(error) })
    }
  }
}
