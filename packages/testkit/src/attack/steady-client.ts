import { Agent, request } from 'node:http'

/** Response times of a client that asks at a fixed rate, whatever becomes of its answers. */
export interface SteadyTimes {
  readonly sent: number
  /** Answers other than 200, and requests without an answer. */
  readonly failed: number
  /** From the moment at which the request was due, in milliseconds. */
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Sends GET / over kept connections, `perSecond` of them for `durationMs`. */
export async function steadyClient(port: number, perSecond: number, durationMs: number): Promise<SteadyTimes> {
  const agent = new Agent({ keepAlive: true })
  const count = Math.round((perSecond * durationMs) / 1000)
  const start = performance.now()
  const answers = Array.from({ length: count }, async (_, i) => {
    const dueMs = (i * 1000) / perSecond
    await new Promise(resolve => setTimeout(resolve, dueMs))
    const ok = await ask(port, agent)
    return { ok, tookMs: performance.now() - start - dueMs }
  })
  const done = await Promise.all(answers)
  agent.destroy()
  const times = done.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)
  const at = (share: number): number => times[Math.min(count - 1, Math.floor(count * share))] ?? 0
  return { sent: count, failed: done.filter(({ ok }) => !ok).length, p50Ms: at(0.5), p99Ms: at(0.99) }
}

function ask(port: number, agent: Agent): Promise<boolean> {
  return new Promise(resolve => {
    const outgoing = request({ port, host: '127.0.0.1', agent, timeout: 10_000 }, response => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
      response.once('error', () => resolve(false))
    })
    outgoing.once('timeout', () => outgoing.destroy())
    outgoing.once('error', () => resolve(false))
    outgoing.end()
  })
}
