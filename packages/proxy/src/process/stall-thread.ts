// The watchdog's own thread. It imports nothing but Node and its neighbours, so that it is up soon and small.
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

import { mainThreadStack } from './main-thread-stack.ts'
import { HOPELESS_MS, LOOK_MS, STALL_MS, type StallThreadData } from './stall-thread-data.ts'
import { StallWatch } from './stall-watch.ts'

const STANDARD_ERROR = 2
const { beats, mayEnd }: StallThreadData = workerData
const watch = new StallWatch(LOOK_MS, STALL_MS, HOPELESS_MS)
let lookedAt = performance.now()
/** One question at a time: the last may wait for native code to return. */
let asking = false
let stack: readonly string[] = []

setInterval(() => {
  const now = performance.now()
  const verdict = watch.look(Atomics.load(beats, 0), now - lookedAt)
  lookedAt = now
  if (verdict === 'stalled') report()
  if (verdict === 'hopeless' && mayEnd) giveUp()
}, LOOK_MS)

function report(): void {
  if (asking) return
  asking = true
  const stalledMs = Math.round(watch.silentMs)
  mainThreadStack(frames => {
    asking = false
    stack = frames
    log('warn', 'the event loop is stalled', { stalledMs, stalls: watch.stalls, stack: frames })
  })
}

/** Whoever supervises the process starts another, which serves; this one would not. */
function giveUp(): void {
  log('error', 'the event loop is stalled for too long: ending the process', { stalledMs: Math.round(watch.silentMs), stack })
  process.kill(process.pid, 'SIGKILL')
}

/** Straight to the file: a worker's own standard error goes through the main thread. The form is that of `jsonLogger`. */
function log(level: 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void {
  writeSync(STANDARD_ERROR, `${JSON.stringify({ time: new Date().toISOString(), level, component: 'proxy', message, ...fields })}\n`)
}
