import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemo } from '@meshwork/cli/demo'
import { statePaths } from '@meshwork/cli/local'
import { systemClock } from '@meshwork/core/time'
import { freePort } from '@meshwork/testkit/net'
import { request } from 'undici'
import { median } from '../median.ts'

/** What pilot's /debug/syncz says of one proxy, as far as this bench reads it. */
interface Synced {
  readonly proxy: string
  readonly rds: { readonly state: string; readonly version?: string; readonly since?: number }
}

const POLL_MS = 5
/** A change has arrived when no acknowledgement came for so long. */
const QUIET_MS = 400
const DEADLINE_MS = 20_000

/** Milliseconds from saving a changed VirtualService to the last proxy that acknowledged the new routes. */
export async function* configChange(quick: boolean): AsyncGenerator<object> {
  const folder = await mkdtemp(join(tmpdir(), 'meshwork-bench-'))
  const demo = await startDemo({
    paths: statePaths(join(folder, 'state')),
    gatewayPort: { kind: 'moved', port: await freePort() },
    keepLogs: false,
    clock: systemClock,
    env: process.env,
    onEvent: () => undefined,
    onNotice: () => undefined,
  })
  try {
    const pilot = demo.mesh.state().controlPlane.pilotDebug
    const file = join(demo.config, 'reviews.yaml')
    const runs: number[] = []
    let proxies = 0
    for (let round = 0; round < (quick ? 5 : 20); round++) {
      const { ms, acknowledged } = await oneChange(pilot, file)
      runs.push(ms)
      proxies = Math.max(proxies, acknowledged)
    }
    yield { bench: 'config-change', subject: 'meshwork', ms: median(runs), runs, proxies, target_ms: 300 }
  } finally {
    await demo.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function oneChange(pilot: string, file: string): Promise<{ ms: number; acknowledged: number }> {
  const before = await syncStatus(pilot)
  const text = await readFile(file, 'utf8')
  const changed = text.includes('weight: 50')
    ? text.replace('weight: 50', 'weight: 49').replace('weight: 20', 'weight: 21')
    : text.replace('weight: 49', 'weight: 50').replace('weight: 21', 'weight: 20')
  const saved = Date.now()
  await writeFile(file, changed)
  const after = await settled(pilot, before, saved)
  const moved = after.filter(proxy => versionOf(before, proxy.proxy) !== proxy.rds.version)
  if (moved.length === 0) throw new Error('no proxy was told of the change')
  return { ms: Math.max(...moved.map(proxy => proxy.rds.since ?? 0)) - saved, acknowledged: moved.length }
}

/** Waits until something changed, nothing is under way, and nothing has happened for a while. */
async function settled(pilot: string, before: readonly Synced[], saved: number): Promise<readonly Synced[]> {
  const deadline = saved + DEADLINE_MS
  while (Date.now() < deadline) {
    const now = await syncStatus(pilot)
    const moved = now.filter(proxy => versionOf(before, proxy.proxy) !== proxy.rds.version)
    const last = Math.max(0, ...now.map(proxy => proxy.rds.since ?? 0))
    if (moved.length > 0 && now.every(proxy => proxy.rds.state !== 'STALE') && Date.now() - last > QUIET_MS) return now
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  throw new Error(`the change had not arrived after ${DEADLINE_MS} ms`)
}

function versionOf(status: readonly Synced[], proxy: string): string | undefined {
  return status.find(each => each.proxy === proxy)?.rds.version
}

async function syncStatus(pilot: string): Promise<readonly Synced[]> {
  const answer = await request(`http://${pilot}/debug/syncz`)
  const body: unknown = await answer.body.json()
  if (!Array.isArray(body)) throw new Error('pilot answered /debug/syncz with something else than a list')
  return body
}
