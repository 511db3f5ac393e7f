import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { LOAD_CORE } from './bench-run.ts'
import { type Load, percentile } from './load.ts'

const run = promisify(execFile)

export interface H2loadOptions {
  readonly connections: number
  readonly streams: number
  readonly headers?: Readonly<Record<string, string>>
  /** File whose content each request posts. */
  readonly bodyFile?: string
  /** Where single latencies are written meanwhile. */
  readonly logFile: string
}

/** Closed-loop HTTP/2 load (prior knowledge) for `seconds`. */
export async function h2load(port: number, seconds: number, options: H2loadOptions): Promise<Load> {
  const headers = Object.entries(options.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const body = options.bodyFile === undefined ? [] : ['-d', options.bodyFile]
  const { connections, streams, logFile } = options
  await rm(logFile, { force: true })
  const args = ['-t1', `-c${connections}`, `-m${streams}`, '-D', `${Math.ceil(seconds)}`, `--log-file=${logFile}`, ...headers, ...body]
  const { stdout } = await run('taskset', ['-c', `${LOAD_CORE}`, 'h2load', ...args, `http://127.0.0.1:${port}/`])
  const latencies = latenciesOf(await readFile(logFile, 'utf8'))
  return {
    requests: latencies.length,
    rps: latencies.length / seconds,
    p50Us: percentile(latencies, 0.5),
    p99Us: percentile(latencies, 0.99),
    failures:
      Number(/(\d+) errored/.exec(stdout)?.[1] ?? 0) +
      Number(/(\d+) 4xx/.exec(stdout)?.[1] ?? 0) +
      Number(/(\d+) 5xx/.exec(stdout)?.[1] ?? 0),
  }
}

/** Lines are: start in microseconds, status, duration in microseconds. */
function latenciesOf(log: string): Uint32Array {
  const durations = log.split('\n').flatMap(line => {
    const duration = line.split('\t')[2]
    return duration === undefined ? [] : Number(duration)
  })
  return Uint32Array.from(durations).sort()
}
