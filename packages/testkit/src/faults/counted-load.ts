import { Agent, request } from 'node:http'

import type { SeenRequest } from './backend-process.ts'

export interface CountedLoadOptions {
  /** Port of 127.0.0.1 the requests go to. */
  readonly port: number
  readonly ratePerSecond: number
  /** Connections, at most. Default: 16. */
  readonly connections?: number
  /** Default: GET. */
  readonly method?: 'GET' | 'POST'
  /** Default: `service`. */
  readonly host?: string
  /** Path before the number. Default: `/n/`. */
  readonly path?: string
  /** Without an answer for so long, a request counts as lost. Default: 5000. */
  readonly timeoutMs?: number
}

/** What became of one numbered request. */
export interface Outcome {
  readonly path: string
  /** When it was due, milliseconds since the Unix epoch, with a fraction. */
  readonly dueMs: number
  /** From when it was due to the end of its answer. */
  readonly tookMs: number
  /** 0: no answer came. */
  readonly status: number
  readonly body: string
}

/** The figures every reliability test ends in. */
export interface Tally {
  readonly sent: number
  /** Without a response, or with a wrong one. */
  readonly lost: readonly Outcome[]
  /** Paths that more than one request with this path reached a backend with. */
  readonly duplicated: readonly string[]
  /** From the fault to the end of the last lost request that was due after it; 0: none was. */
  readonly recoveredMs: number
}

const TICK_MS = 2

/**
 * Numbered requests at a fixed rate, whether answers come or not (open loop), each counted: an answer is right when it is a 200 whose
 * body ends with the request's own path.
 */
export class CountedLoad {
  readonly outcomes: Outcome[] = []
  private readonly options: CountedLoadOptions
  private readonly agent: Agent
  private readonly timer: NodeJS.Timeout
  private readonly beganAt: number
  private readonly sent: Promise<void>[] = []
  private issued = 0

  constructor(options: CountedLoadOptions) {
    this.options = options
    this.agent = new Agent({ keepAlive: true, maxSockets: options.connections ?? 16, scheduling: 'fifo' })
    this.beganAt = nowMs()
    this.timer = setInterval(() => this.issueDue(), TICK_MS)
  }

  /** Stops sending and waits for what is under way. */
  async stop(): Promise<readonly Outcome[]> {
    clearInterval(this.timer)
    await Promise.all(this.sent)
    this.agent.destroy()
    return this.outcomes
  }

  private issueDue(): void {
    const { ratePerSecond } = this.options
    const due = Math.floor(((nowMs() - this.beganAt) * ratePerSecond) / 1000)
    while (this.issued < due) {
      const dueMs = this.beganAt + (this.issued * 1000) / ratePerSecond
      this.sent.push(this.count(this.issued++, dueMs))
    }
  }

  private async count(number: number, dueMs: number): Promise<void> {
    this.outcomes.push(await this.send(number, dueMs))
  }

  private send(number: number, dueMs: number): Promise<Outcome> {
    const { port, host = 'service', method = 'GET', path: before = '/n/', timeoutMs = 5_000 } = this.options
    const path = `${before}${number}`
    return new Promise(resolve => {
      const finish = (status: number, body: string): void => {
        clearTimeout(late)
        resolve({ path, dueMs, tookMs: nowMs() - dueMs, status, body })
      }
      const options = { host: '127.0.0.1', port, path, method, agent: this.agent, headers: { host, ...lengthOf(method) } }
      const call = request(options, response => {
        let body = ''
        response.setEncoding('latin1')
        response.on('data', (text: string) => (body += text))
        response.once('end', () => finish(response.statusCode ?? 0, body))
        response.once('error', () => finish(0, body))
      })
      const late = setTimeout(() => call.destroy(new Error('no answer in time')), timeoutMs)
      call.once('error', error => finish(0, error.message))
      call.end(method === 'POST' ? 'x' : undefined)
    })
  }
}

function lengthOf(method: string): Readonly<Record<string, string>> {
  return method === 'POST' ? { 'content-length': '1' } : {}
}

/** `seen`: what reached the backends; `faultAtMs`: when the fault was injected, as `nowMs` counts. */
export function tally(outcomes: readonly Outcome[], seen: readonly SeenRequest[], faultAtMs: number): Tally {
  const lost = outcomes.filter(({ status, body, path }) => status !== 200 || !body.endsWith(path))
  const times = new Map<string, number>()
  for (const { path } of seen) times.set(path, (times.get(path) ?? 0) + 1)
  return {
    sent: outcomes.length,
    lost,
    duplicated: [...times].filter(([, count]) => count > 1).map(([path]) => path),
    recoveredMs: lost.reduce((until, { dueMs, tookMs }) => Math.max(until, dueMs + tookMs - faultAtMs), 0),
  }
}

/** Milliseconds since the Unix epoch, with a fraction; agrees between the processes of one machine to well below a millisecond. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

/** The value below which this part of the values lies, 0 to 1. NaN for no values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
