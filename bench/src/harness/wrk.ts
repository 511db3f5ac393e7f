import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What wrk saw. Latencies in microseconds. */
export interface Load {
  readonly requests: number
  readonly rps: number
  readonly p50Us: number
  readonly p99Us: number
  readonly failures: number
}

/** Closed-loop load from `core` over `connections` for `seconds`. */
export async function wrk(program: string, core: number, url: string, connections: number, seconds: number): Promise<Load> {
  const { stdout } = await run('taskset', ['-c', `${core}`, program, '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', url])
  const failures = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0) + socketErrors(stdout)
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0),
    rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    p50Us: microseconds(/50%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
    p99Us: microseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
    failures,
  }
}

function socketErrors(text: string): number {
  const found = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)
  return found === null ? 0 : found.slice(1).reduce((sum, count) => sum + Number(count), 0)
}

const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000 }

function microseconds(match: RegExpExecArray | null): number {
  return match === null ? 0 : Math.round(Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1))
}
