import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@meshwork/testkit/net'
import { peerPath } from '../../../scripts/peers/table.ts'
import { abba } from '../harness/abba.ts'
import { cpuTimeUs } from '../harness/cpu-time.ts'
import { PinnedProcess } from '../harness/pinned-process.ts'
import { type Load, wrk } from '../harness/wrk.ts'
import { median } from '../median.ts'
import { envoyConfig, haproxyConfig, nginxBackendConfig, nginxProxyConfig } from './peer-configs.ts'

/** The subject has a core for itself; the load and the backend share the other. */
const SUBJECT_CORE = 0
const LOAD_CORE = 1
const CONNECTIONS = 32
const BODY_BYTES = 490

interface Subject {
  readonly name: string
  readonly port: number
  readonly process: PinnedProcess
}

interface Sample extends Load {
  readonly cpuUsPerRequest: number
}

/**
 * CPU time per forwarded HTTP/1.1 request with keep-alive, ours beside the peers that are installed: interleaved runs,
 * medians. CPU time is what compares on a busy machine; rates and latencies are given for orientation.
 */
export async function* http1Forward(quick: boolean): AsyncGenerator<object> {
  const folder = await mkdtemp(join(tmpdir(), 'meshwork-bench-'))
  const started: PinnedProcess[] = []
  try {
    const backend = await startBackend(folder, started)
    const subjects = await startSubjects(folder, backend, started)
    const samples = await measure(subjects, quick)
    yield* report(samples)
  } finally {
    await Promise.all(started.map(process => process.stop()))
    await rm(folder, { recursive: true, force: true })
  }
}

function required(name: string): string {
  const path = peerPath(name)
  if (path === undefined) throw new Error(`${name} is not installed; next: npm run peers -- ${name}`)
  return path
}

async function startBackend(folder: string, started: PinnedProcess[]): Promise<number> {
  const port = await freePort()
  await writeFile(join(folder, 'backend.conf'), nginxBackendConfig(folder, port, BODY_BYTES))
  const process = new PinnedProcess(LOAD_CORE, required('nginx'), ['-p', folder, '-c', join(folder, 'backend.conf')])
  started.push(process)
  await process.accepts(port)
  return port
}

/** Ours always; a peer that is missing is left out. */
async function startSubjects(folder: string, backend: number, started: PinnedProcess[]): Promise<readonly Subject[]> {
  const subjects: Subject[] = []
  for (const [name, start] of Object.entries(STARTERS)) {
    const port = await freePort()
    const process = await start(folder, port, backend, started)
    if (process === null) continue
    started.push(process)
    await process.accepts(port)
    subjects.push({ name, port, process })
  }
  return subjects
}

type Starter = (folder: string, port: number, backend: number, started: PinnedProcess[]) => Promise<PinnedProcess | null>

const STARTERS: Readonly<Record<string, Starter>> = {
  meshwork: startOurs,
  envoy: (folder, port, backend) =>
    peer('envoy', join(folder, 'envoy.json'), envoyConfig(port, backend), file => [
      '-c',
      file,
      '--concurrency',
      '1',
      '--disable-hot-restart',
      '-l',
      'error',
    ]),
  haproxy: (folder, port, backend) =>
    peer('haproxy', join(folder, 'haproxy.conf'), haproxyConfig(port, backend), file => ['-db', '-f', file]),
  nginx: (folder, port, backend) =>
    peer('nginx', join(folder, 'nginx.conf'), nginxProxyConfig(folder, port, backend), file => ['-p', folder, '-c', file]),
}

/** The product as it is shipped, with its configuration over ADS from a control plane in another process. */
async function startOurs(_folder: string, port: number, backend: number, started: PinnedProcess[]): Promise<PinnedProcess> {
  const plane = new PinnedProcess(LOAD_CORE, process.execPath, [
    ...process.execArgv,
    fileURLToPath(new URL('xds-process.ts', import.meta.url)),
    `${port}`,
    `${backend}`,
  ])
  started.push(plane)
  const xds = await plane.firstLine()
  return new PinnedProcess(SUBJECT_CORE, process.execPath, [
    ...process.execArgv,
    ...SIDECAR_HEAP,
    fileURLToPath(import.meta.resolve('@meshwork/proxy/main')),
    'sidecar',
    ...['--node-id', 'sidecar~127.0.0.1~bench.default~default.svc.cluster.local'],
    ...['--xds-address', xds, '--sds-address', xds, '--admin-address', `127.0.0.1:${await freePort()}`],
  ])
}

/** A fixed young generation (performance.md 3.8): collections are short and rare. */
const SIDECAR_HEAP: readonly string[] = ['--min-semi-space-size=8', '--max-semi-space-size=8']

async function peer(name: string, file: string, config: string, args: (file: string) => readonly string[]): Promise<PinnedProcess | null> {
  const program = peerPath(name)
  if (program === undefined) return null
  await writeFile(file, config)
  return new PinnedProcess(SUBJECT_CORE, program, args(file))
}

async function measure(subjects: readonly Subject[], quick: boolean): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const program = required('wrk')
  for (const { port } of subjects) await wrk(program, LOAD_CORE, `http://127.0.0.1:${port}/`, CONNECTIONS, quick ? 1 : 3)
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]))
  for (const subject of abba(subjects, quick ? 2 : 6)) {
    samples.get(subject.name)?.push(await sample(program, subject, quick ? 2 : 5))
  }
  return samples
}

async function sample(program: string, subject: Subject, seconds: number): Promise<Sample> {
  const before = cpuTimeUs(subject.process.pid)
  const load = await wrk(program, LOAD_CORE, `http://127.0.0.1:${subject.port}/`, CONNECTIONS, seconds)
  const used = cpuTimeUs(subject.process.pid) - before
  if (load.failures > 0) throw new Error(`${subject.name}: ${load.failures} of ${load.requests} requests failed`)
  return { ...load, cpuUsPerRequest: used / load.requests }
}

function* report(samples: ReadonlyMap<string, readonly Sample[]>): Generator<object> {
  const costs = new Map<string, number>()
  for (const [subject, runs] of samples) {
    const cost = median(runs.map(run => run.cpuUsPerRequest))
    costs.set(subject, cost)
    yield {
      bench: 'http1-forward',
      subject,
      cpu_us_per_req: round(cost, 2),
      rps: Math.round(median(runs.map(run => run.rps))),
      p50_us: median(runs.map(run => run.p50Us)),
      p99_us: median(runs.map(run => run.p99Us)),
    }
  }
  const ours = costs.get('meshwork') ?? 0
  const peers = [...costs].filter(([name]) => name !== 'meshwork')
  yield { bench: 'http1-forward', ratios: Object.fromEntries(peers.map(([name, cost]) => [name, round(ours / cost, 3)])) }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
