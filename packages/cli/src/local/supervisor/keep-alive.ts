import { MessageChannel } from 'node:worker_threads'

/** Keeps this process alive until the answer is called: timers of a `Clock` do not, and neither does waiting for another process. */
export function keepAlive(): () => void {
  const { port1 } = new MessageChannel()
  port1.on('message', () => undefined)
  return () => port1.close()
}
