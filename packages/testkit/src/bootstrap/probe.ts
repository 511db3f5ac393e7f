// Loaded into a proxy before its own program: does to the process from within what cannot be done or asked from without.
import type { ProbeAnswer, ProbeRequest } from './probe-messages.ts'

process.on('message', (request: ProbeRequest) => {
  if (request.kind === 'stall') stallEventLoop(request.ms)
  if (request.kind === 'heap') answer({ kind: 'heap', bytes: heapAfterCollection() })
})
// Listening must not keep the process alive.
process.channel?.unref()

/** A bug in place of work. Its name is what a stack should show. */
function stallEventLoop(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

function heapAfterCollection(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function answer(message: ProbeAnswer): void {
  process.send?.(message)
}
