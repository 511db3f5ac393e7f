import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { LOAD_CORE, requiredPeer } from './bench-run.ts'
import type { Load } from './load.ts'

const run = promisify(execFile)

export interface WrkOptions {
  readonly connections: number
  readonly headers?: Readonly<Record<string, string>>
  /** Default `/`. */
  readonly path?: string
  readonly tls?: boolean
}

/** Closed-loop HTTP/1.1 load for `seconds`. */
export async function wrk(port: number, seconds: number, options: WrkOptions): Promise<Load> {
  const headers = Object.entries(options.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const url = `${options.tls === true ? 'https' : 'http'}://127.0.0.1:${port}${options.path ?? '/'}`
  // wrk takes whole seconds only.
  const args = ['-t1', `-c${options.connections}`, `-d${Math.ceil(seconds)}s`, '--latency', ...headers, url]
  const { stdout } = await run('taskset', ['-c', `${LOAD_CORE}`, requiredPeer('wrk'), ...args])
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
