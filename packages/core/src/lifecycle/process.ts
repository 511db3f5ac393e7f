import { jsonLogger, type Logger, parseLogLevel } from '../log/logger.ts'
import { MeshError, messageOf } from '../result/mesh-error.ts'
import { closeAll, type Runner, startAll } from './runner.ts'

/** Exit codes of our processes: 0 asked to stop, 1 could not start or crashed. */
const EXIT_FAILED = 1

/**
 * Runs `runners` until SIGTERM or SIGINT, then closes them in reverse and exits. Asked to stop while one of them is
 * starting, it starts no further one and closes them all: a start may wait for something that never comes.
 * A parent that opened an IPC channel is sent `{kind: 'ready'}` once all are started, or `{kind: 'failed', code, message, nextStep}`.
 */
export async function runProcess(name: string, build: (log: Logger) => Promise<readonly Runner[]>): Promise<void> {
  const log = jsonLogger(name, parseLogLevel(process.env['MESHWORK_LOG_LEVEL'] ?? 'info'))
  const stopping = new AbortController()
  const stop = stopRequested().then(() => stopping.abort())
  try {
    const runners = await build(log)
    const started = await Promise.race([startAll(runners, log, stopping.signal).then(() => true), stop.then(() => false)])
    if (started) {
      log.info('ready')
      tellParent({ kind: 'ready' })
      await stop
    }
    await closeAll(runners, log)
    process.exit(0)
  } catch (error) {
    reportFailure(log, error)
    process.exit(EXIT_FAILED)
  }
}

function stopRequested(): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
    // The parent that supervises us is gone: do not outlive it.
    process.once('disconnect', resolve)
  })
}

function tellParent(message: Readonly<Record<string, unknown>>): void {
  // A parent that left meanwhile is no failure of ours.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

function reportFailure(log: Logger, error: unknown): void {
  if (error instanceof MeshError) {
    const nextStep = error.nextStep === undefined ? {} : { nextStep: error.nextStep }
    log.error(error.message, { code: error.code, ...nextStep })
    tellParent({ kind: 'failed', code: error.code, message: error.message, ...nextStep })
    return
  }
  log.error('unexpected failure', { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined })
  tellParent({ kind: 'failed', code: 'INTERNAL', message: messageOf(error) })
}
