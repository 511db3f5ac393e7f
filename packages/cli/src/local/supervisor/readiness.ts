import type { ChildProcess } from 'node:child_process'
import { createConnection } from 'node:net'
import { MeshError } from '@meshwork/core/result'
import { type Clock, sleep } from '@meshwork/core/time'
import type { ProcessPlan } from '../plan/mesh-plan.ts'
import { lastWords } from './last-words.ts'

/** Longer than any of them needs on a busy machine. */
const DEADLINE_MS = 30_000
const PROBE_EVERY_MS = 15

/** Resolves when the process serves. Rejects with the cause when it ends, fails or stays silent before that. */
export async function whenReady(plan: ProcessPlan, child: ChildProcess, log: string, clock: Clock): Promise<void> {
  const stop = new AbortController()
  const ended = new Promise<never>((_, reject) => {
    child.once('error', error => reject(startFailure(plan, error.message, log)))
    child.once('exit', (code, signal) => {
      const how = `it ended with ${signal ?? `code ${code ?? '?'}`} before it was ready`
      void lastWords(log).then(words => reject(startFailure(plan, words === undefined ? how : `${how}: ${words}`, log)))
    })
  })
  const late = sleep(clock, DEADLINE_MS, stop.signal).then(() => {
    if (!stop.signal.aborted) throw startFailure(plan, `it was not ready within ${DEADLINE_MS / 1000} s`, log)
  })
  const { program } = plan
  const ready = program.kind === 'module' ? ipcReady(plan, child, log) : portOpen(program.port, clock, stop.signal)
  try {
    await Promise.race([ready, ended, late.then(() => ready)])
  } finally {
    stop.abort()
    ended.catch(() => undefined)
  }
}

function startFailure(plan: ProcessPlan, why: string, log: string): MeshError {
  return new MeshError('START_FAILED', `${plan.name} did not start: ${why}`, { nextStep: `read ${log}` })
}

/** The messages of `runProcess` in @meshwork/core/lifecycle. */
function ipcReady(plan: ProcessPlan, child: ChildProcess, log: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('kind' in message)) return
      if (message.kind === 'ready') resolve()
      if (message.kind === 'failed') reject(reportedFailure(plan, message, log))
    })
  })
}

function reportedFailure(plan: ProcessPlan, message: object, log: string): MeshError {
  const text = (name: string): string | undefined => {
    const value: unknown = Object.getOwnPropertyDescriptor(message, name)?.value
    return typeof value === 'string' ? value : undefined
  }
  return new MeshError(text('code') ?? 'START_FAILED', `${plan.name}: ${text('message') ?? 'failed'}`, {
    nextStep: text('nextStep') ?? `read ${log}`,
  })
}

async function portOpen(port: number, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await accepts(port))) await sleep(clock, PROBE_EVERY_MS, signal)
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
