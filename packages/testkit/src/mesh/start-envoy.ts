import { existsSync, writeFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { MeshError } from '@meshwork/core/result'
import { sleep, systemClock } from '@meshwork/core/time'

import { Child } from '../process/index.ts'

/** Where `npm run peers` puts Envoy; `MESHWORK_ENVOY` names another one. */
export function envoyBinary(): string {
  return process.env['MESHWORK_ENVOY'] ?? fileURLToPath(new URL('../../../../.peers/envoy/envoy', import.meta.url))
}

/** Why Envoy cannot run here, or null. */
export function envoyObstacle(): string | null {
  return existsSync(envoyBinary()) ? null : 'Envoy is not installed; run `npm run peers`'
}

export interface EnvoyOptions {
  readonly name: string
  readonly bootstrap: Readonly<Record<string, unknown>>
  /** Gets the bootstrap file; Envoy's working directory. */
  readonly folder: string
  /** Words before the command, for example to enter a network namespace. */
  readonly prefix?: readonly string[]
}

/** Envoy must not outlive a test run that was killed: it has no channel on which it would notice. */
const WITH_PARENT: readonly string[] = process.platform === 'linux' ? ['setpriv', '--pdeathsig=KILL'] : []

/** Starts Envoy with one worker. Await `whenAdminReady` before using it. */
export function startEnvoy(options: EnvoyOptions): Child {
  const file = join(options.folder, 'bootstrap.json')
  writeFileSync(file, JSON.stringify(options.bootstrap))
  const flags = ['--disable-hot-restart', '--concurrency', '1', '-l', 'warning', '--file-flush-interval-msec', '200']
  return new Child({
    name: options.name,
    command: [...(options.prefix ?? []), ...WITH_PARENT, envoyBinary(), '-c', file, ...flags],
    ipc: false,
    directory: options.folder,
  })
}

const POLL_MS = 50

/** Waits until `GET /ready` of an admin page (`host:port` or `unix:/path`) answers 200. Rejects when the process ends first or the limit passes. */
export async function whenAdminReady(admin: string, child: Child, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const page = await adminPage(admin, '/ready').catch(() => null)
    if (page?.status === 200) return
    if (!child.running()) throw new MeshError('ENDED_EARLY', `${child.name} ended: ${child.log.tail(8)}`)
    if (performance.now() > deadline)
      throw new MeshError('NOT_READY', `${child.name} is not ready after ${limitMs} ms: ${child.log.tail(8)}`)
    await sleep(systemClock, POLL_MS)
  }
}

export interface AdminPage {
  readonly status: number
  readonly body: string
}

const PAGE_LIMIT_MS = 2_000

/** One page of a proxy's administration interface. */
export function adminPage(admin: string, path: string): Promise<AdminPage> {
  return new Promise((resolve, reject) => {
    const call = request({ ...place(admin), path, timeout: PAGE_LIMIT_MS }, response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.once('error', reject)
    })
    call.once('error', reject)
    call.once('timeout', () => call.destroy(new Error('timeout')))
    call.end()
  })
}

function place(admin: string): RequestOptions {
  if (admin.startsWith('unix:')) return { socketPath: admin.slice('unix:'.length) }
  const colon = admin.lastIndexOf(':')
  return { host: admin.slice(0, colon), port: Number(admin.slice(colon + 1)) }
}
