import { once } from 'node:events'

/** Keeps the process alive until `signal` aborts: waiting for a signal alone does not. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const keepAlive = setInterval(() => undefined, 60_000)
  await once(signal, 'abort')
  clearInterval(keepAlive)
}
