// Loaded into a proxy before its own program: does to the process from within what cannot be done or asked from without.
import type { ProbeAnswer, ProbeRequest } from './probe-messages.ts'

/** `monitorEventLoopDelay` was tried: it misses stalls that end in a read. */
const TURN_MS = 5
let turnedAt = performance.now()
let longestMs = 0
setInterval(noteTurn, TURN_MS).unref()

process.on('message', (request: ProbeRequest) => {
  if (request.kind === 'stall') stallEventLoop(request.ms)
  if (request.kind === 'leak') leak(request.bytesPerSecond)
  if (request.kind === 'heap') answer({ kind: 'heap', value: heapAfterCollection() })
  if (request.kind === 'longest-stall') answer({ kind: 'longest-stall', value: longestStallMs() })
})
// Listening must not keep the process alive.
process.channel?.unref()

/** A bug in place of work. Its name is what a stack should show. */
function stallEventLoop(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** Numbers of eight bytes, in arrays that nobody lets go of. */
function leak(bytesPerSecond: number): void {
  const kept: number[][] = []
  const began = performance.now()
  let bytes = 0
  const every = setInterval(() => {
    const due = ((performance.now() - began) * bytesPerSecond) / 1000 - bytes
    kept.push(Array.from({ length: due / 8 }, () => Math.random()))
    bytes += due
  }, 100)
  every.unref()
}

function heapAfterCollection(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function noteTurn(): void {
  const now = performance.now()
  longestMs = Math.max(longestMs, now - turnedAt - TURN_MS)
  turnedAt = now
}

function longestStallMs(): number {
  noteTurn()
  const longest = longestMs
  longestMs = 0
  return longest
}

function answer(message: ProbeAnswer): void {
  process.send?.(message)
}
