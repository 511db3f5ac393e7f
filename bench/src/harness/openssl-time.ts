import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Identity } from '../peers/identity.ts'
import { LOAD_CORE, requiredPeer } from './bench-run.ts'
import type { Load } from './load.ts'

const run = promisify(execFile)

/** New TLS connections, one after another, for `seconds`. Latencies are not known and given as means. */
export async function opensslTime(port: number, seconds: number, { pemFile }: Identity): Promise<Load> {
  const time = Math.ceil(seconds)
  const args = ['s_time', '-connect', `127.0.0.1:${port}`, '-new', '-time', `${time}`, '-cert', pemFile, '-key', pemFile]
  const { stdout } = await run('taskset', ['-c', `${LOAD_CORE}`, requiredPeer('openssl'), ...args])
  const requests = Number(/(\d+) connections in \d+ real seconds/.exec(stdout)?.[1] ?? 0)
  const meanUs = requests === 0 ? 0 : Math.round((time * 1_000_000) / requests)
  return { requests, rps: requests / time, p50Us: meanUs, p99Us: meanUs, failures: 0 }
}
