import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, systemClock } from '@meshwork/core/time'
import { figures, nowMs, quantile } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SimulatedProxy } from './testdata/simulated-fleet.ts'

/** The rows ask for 1,000 proxies, and for five minutes of flapping: `MESHWORK_PROXIES=1000 MESHWORK_FLAP_SECONDS=300`. */
const PROXIES = Number(process.env['MESHWORK_PROXIES'] ?? 100)
const FLAP_MS = Number(process.env['MESHWORK_FLAP_SECONDS'] ?? 4) * 1000
const SERVICES = 200
const QUIET_MS = 100
const MAX_MS = 1000
/** Goals are of a quiet machine; tests share two cores with each other. */
const SLACK = 5

let folder: string
let ports: readonly number[]
let fleet: SimulatedProxy[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-fleet-'))
  ports = await freePorts(2)
  fleet = []
  writeFileSync(join(folder, 'services.yaml'), Array.from({ length: SERVICES }, (_, i) => service(`app-${i}`)).join('---\n'))
})

afterEach(() => {
  for (const proxy of fleet) proxy.close()
  rmSync(folder, { recursive: true })
})

function service(name: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: default}\nspec: {clusterIP: 10.1.1.1, ports: [{name: http, port: 9080}]}\n`
}

async function startPilot(): Promise<Child> {
  const [xds = 0, http = 0] = ports
  const addresses = ['--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`]
  const debounce = ['--debounce-after', String(QUIET_MS), '--debounce-max', String(MAX_MS)]
  const args = ['--config-dir', folder, ...addresses, ...debounce]
  const pilot = startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args })
  await pilot.whenReady()
  return pilot
}

function connectFleet(count: number): Promise<void> {
  fleet = Array.from({ length: count }, (_, i) => new SimulatedProxy(ports[0] ?? 0, `proxy-${i}`, () => undefined))
  return untilAll(`app-${SERVICES - 1}.default`)
}

/** Every proxy has acknowledged clusters with this text. */
async function untilAll(text: string): Promise<void> {
  await vi.waitFor(() => expect(fleet.filter(proxy => !proxy.holds(text))).toHaveLength(0), { timeout: 20_000, interval: 5 })
}

/** The whole file anew, with one service that says which change it is. */
function change(name: string): void {
  writeFileSync(join(folder, 'change.yaml'), service(name))
}

/** Resident memory in kB: `VmRSS` now, `VmHWM` the most since the start. */
function memory(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

test('[traffic-129] a burst of 100 changes is pushed a few times, and the last is there within the longest wait', async () => {
  await using _pilot = await startPilot()
  await connectFleet(1)
  const before = fleet[0]?.acked ?? 0
  for (let i = 0; i < 100; i++) {
    change(`burst-${i}-x`)
    await sleep(systemClock, 5)
  }
  const lastAt = nowMs()
  await untilAll('burst-99-x.default')
  const visibleMs = nowMs() - lastAt
  const pushes = (fleet[0]?.acked ?? 0) - before
  figures('traffic-129', { pushes, visibleMs })
  expect(visibleMs).toBeLessThan(MAX_MS * SLACK)
  // A response of clusters and one of listeners for each push.
  expect(pushes).toBeLessThanOrEqual(20)
})

test('[traffic-131] every one of many proxies gets a change, the last soon after the first', async () => {
  await using _pilot = await startPilot()
  await connectFleet(PROXIES)
  const at = nowMs()
  change('scaled-x')
  await untilAll('scaled-x.default')
  const lastMs = nowMs() - at
  figures('traffic-131', { proxies: PROXIES, lastMs })
  expect(lastMs).toBeLessThan(2000 + SLACK * MAX_MS)
})

test(
  '[failure-7] configuration that flaps 50 times a second is applied in batches, and the last change is',
  { timeout: FLAP_MS + 60_000 },
  async () => {
    await using _pilot = await startPilot()
    await connectFleet(PROXIES)
    const writtenAt = new Map<number, number>()
    const appliedMs: number[] = []
    const start = nowMs()
    const before = fleet[0]?.acked ?? 0
    let round = 0
    let seen = -1
    for (; nowMs() - start < FLAP_MS; round++) {
      change(`flap-${round}-x`)
      writtenAt.set(round, nowMs())
      await sleep(systemClock, 20)
      // From the oldest change that was not applied to the one that is.
      const applied = appliedRound(seen, round)
      if (applied > seen) {
        appliedMs.push(nowMs() - (writtenAt.get(seen + 1) ?? 0))
        seen = applied
      }
    }
    await untilAll(`flap-${round - 1}-x.default`)
    const pushes = (fleet[0]?.acked ?? 0) - before
    const p99 = quantile(appliedMs, 0.99)
    figures('failure-7', { changes: round, pushes, batches: appliedMs.length, p99 })
    // While it flaps there is never a quiet moment: the longest wait is what lets changes through.
    expect(appliedMs.length).toBeGreaterThan(0)
    expect(pushes).toBeLessThan(round)
    expect(p99).toBeLessThan(MAX_MS * SLACK)
  },
)

/** The newest round that every proxy has. */
function appliedRound(from: number, to: number): number {
  for (let round = to; round > from; round--) if (fleet.every(proxy => proxy.holds(`flap-${round}-x.default`))) return round
  return from
}

test('[failure-28] all proxies come back at once after a restart, in bounded time and memory', { timeout: 90_000 }, async () => {
  let idleRss: number
  {
    await using first = await startPilot()
    await connectFleet(PROXIES)
    idleRss = memory(first.pid ?? 0, 'VmRSS')
    for (const proxy of fleet) proxy.close()
    await first.kill()
  }
  await using second = await startPilot()
  const at = nowMs()
  await connectFleet(PROXIES)
  const lastMs = nowMs() - at
  const ratio = memory(second.pid ?? 0, 'VmHWM') / idleRss
  figures('failure-28', { proxies: PROXIES, lastMs, ratio })
  expect(lastMs).toBeLessThan(3_000 * SLACK)
  expect(ratio).toBeLessThan(1.5)
})
