import { setTimeout as delay } from 'node:timers/promises'
import { median } from '../median.ts'
import { type ControlPlaneProgram, ControlPlaneRig, quantile, rounded } from './control-plane-rig.ts'
import { endpointsDocument, FULL_MESH, meshConfigDocument, virtualServiceDocument } from './synthetic-mesh.ts'

const PROXIES = 1_000
const MB = 1e6
const MS_PER_SECOND = 1_000
/** The second is no control plane: what is left of a figure when pilot does nothing. */
const SUBJECTS: readonly (readonly [subject: string, program: ControlPlaneProgram])[] = [
  ['meshwork', 'pilot-process.ts'],
  ['bare node:http2', 'bare-process.ts'],
]

/** One endpoint changes: event to the last ACK, and pushes for each second of a core. */
export async function* pilotEndpoint(quick: boolean): AsyncGenerator<object> {
  for (const [subject, program] of SUBJECTS) yield await endpointOf(subject, program, quick)
}

async function endpointOf(subject: string, program: ControlPlaneProgram, quick: boolean): Promise<object> {
  await using rig = await ControlPlaneRig.start(FULL_MESH, program)
  await rig.connect(PROXIES)
  const rounds = quick ? 30 : 200
  for (let round = 1; round <= 10; round++) await rig.change([endpointsDocument(rig.size, 17, round)], 'eds', PROXIES)
  const times: number[] = []
  const cpuBefore = rig.cpuMs()
  for (let round = 0; round < rounds; round++) {
    const { ackedMs } = await rig.change([endpointsDocument(rig.size, (round * 13) % rig.size.services, 20 + round)], 'eds', PROXIES)
    times.push(...ackedMs)
  }
  const cpuMs = rig.cpuMs() - cpuBefore
  const sorted = times.toSorted((a, b) => a - b)
  return {
    bench: 'pilot-endpoint',
    subject,
    proxies: PROXIES,
    events: rounds,
    p50_ms: rounded(quantile(sorted, 0.5)),
    p99_ms: rounded(quantile(sorted, 0.99)),
    pushes_per_core_second: Math.round((rounds * PROXIES * MS_PER_SECOND) / cpuMs),
    target: { p99_ms: 50, pushes_per_core_second: 60_000 },
  }
}

/** A change that alters every cluster of every proxy. */
export async function* pilotFull(quick: boolean): AsyncGenerator<object> {
  await using rig = await ControlPlaneRig.start(FULL_MESH)
  await rig.connect(PROXIES)
  const runs: { lastMs: number; cpuMs: number; bytes: number }[] = []
  for (let round = 1; round <= (quick ? 3 : 10); round++) {
    const { ackedMs, cpuMs, bytes } = await rig.change([meshConfigDocument(round)], 'cds', PROXIES)
    runs.push({ lastMs: ackedMs.at(-1) ?? 0, cpuMs, bytes })
    await delay(1_000)
  }
  yield {
    bench: 'pilot-full',
    subject: 'meshwork',
    services: rig.size.services,
    proxies: PROXIES,
    last_ack_s: rounded(median(runs.map(({ lastMs }) => lastMs)) / MS_PER_SECOND, 2),
    cpu_s: rounded(median(runs.map(({ cpuMs }) => cpuMs)) / MS_PER_SECOND, 2),
    sent_mb: rounded(median(runs.map(({ bytes }) => bytes)) / MB, 0),
    rss_mb: rounded(rig.rss() / MB, 0),
    target: { last_ack_s: 2, cpu_s: 1.5, rss_mb: 250 },
  }
}

/** One VirtualService is edited; all proxies use delta. */
export async function* pilotEdit(quick: boolean): AsyncGenerator<object> {
  await using rig = await ControlPlaneRig.start(FULL_MESH)
  await rig.connect(PROXIES, 'delta')
  const runs: { lastMs: number; cpuMs: number; bytes: number; responses: number }[] = []
  for (let round = 1; round <= (quick ? 10 : 50); round++) {
    const { ackedMs, cpuMs, bytes, responses } = await rig.change([virtualServiceDocument(rig.size, round % 100, round)], 'rds', PROXIES)
    runs.push({ lastMs: ackedMs.at(-1) ?? 0, cpuMs, bytes, responses })
  }
  yield {
    bench: 'pilot-edit',
    subject: 'meshwork',
    proxies: PROXIES,
    last_ack_ms: rounded(median(runs.map(({ lastMs }) => lastMs))),
    cpu_ms: rounded(median(runs.map(({ cpuMs }) => cpuMs))),
    bytes_per_proxy: Math.round(median(runs.map(({ bytes }) => bytes)) / PROXIES),
    responses_per_proxy: rounded(median(runs.map(({ responses }) => responses)) / PROXIES, 2),
    target: { last_ack_ms: 150 },
  }
}

/** All proxies connect at once to a pilot that has just started. */
export async function* pilotStorm(quick: boolean): AsyncGenerator<object> {
  for (const [subject, program] of SUBJECTS) yield await stormOf(subject, program, quick)
}

async function stormOf(subject: string, program: ControlPlaneProgram, quick: boolean): Promise<object> {
  const runs: { lastMs: number; medianMs: number; cpuMs: number; rss: number }[] = []
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    await using rig = await ControlPlaneRig.start(FULL_MESH, program)
    const cpuBefore = rig.cpuMs()
    const times = await rig.connect(PROXIES)
    runs.push({ lastMs: times.at(-1) ?? 0, medianMs: quantile(times, 0.5), cpuMs: rig.cpuMs() - cpuBefore, rss: rig.rss() })
  }
  return {
    bench: 'pilot-storm',
    subject,
    proxies: PROXIES,
    last_complete_s: rounded(median(runs.map(({ lastMs }) => lastMs)) / MS_PER_SECOND, 2),
    median_complete_s: rounded(median(runs.map(({ medianMs }) => medianMs)) / MS_PER_SECOND, 2),
    cpu_s: rounded(median(runs.map(({ cpuMs }) => cpuMs)) / MS_PER_SECOND, 2),
    rss_mb: rounded(median(runs.map(({ rss }) => rss)) / MB, 0),
    target: { last_complete_s: 3 },
  }
}

/** One change a second, endpoint and VirtualService in turn. */
export async function* pilotChurn(quick: boolean): AsyncGenerator<object> {
  await using rig = await ControlPlaneRig.start(FULL_MESH)
  await rig.connect(PROXIES, 'delta')
  const seconds = quick ? 60 : 600
  await churn(rig, 10, 0)
  const memory: (readonly [second: number, bytes: number])[] = []
  const cpuBefore = rig.cpuMs()
  const start = performance.now()
  await churn(rig, seconds, 10, second => memory.push([second, rig.rss()]))
  const elapsedMs = performance.now() - start
  yield {
    bench: 'pilot-churn',
    subject: 'meshwork',
    proxies: PROXIES,
    seconds,
    vcpu: rounded((rig.cpuMs() - cpuBefore) / elapsedMs, 3),
    rss_mb: rounded(rig.rss() / MB, 0),
    rss_slope_bytes_per_s: Math.round(slope(memory.slice(memory.length >> 2))),
    target: { vcpu: 0.05, rss_slope_bytes_per_s: 100 },
  }
}

async function churn(
  rig: ControlPlaneRig,
  seconds: number,
  from: number,
  second: (second: number) => void = () => undefined,
): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    const round = from + i
    const next = delay(MS_PER_SECOND)
    await rig.apply([
      i % 2 === 0
        ? endpointsDocument(rig.size, (round * 13) % rig.size.services, 1 + round)
        : virtualServiceDocument(rig.size, round % 100, round),
    ])
    await next
    second(i)
  }
}

/** Of the straight line with the least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  const below = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
  return below === 0 ? 0 : above / below
}
