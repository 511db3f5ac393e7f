import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { abba } from '../harness/abba.ts'
import { BenchRun, LOAD_CORE } from '../harness/bench-run.ts'
import { round, startSubjects } from '../harness/subject.ts'
import { median } from '../median.ts'
import { cluster, type EnvoyResources, listener, manager, routeTo } from '../peers/envoy-resources.ts'
import { startEnvoy } from '../peers/envoy.ts'
import { startHaproxy } from '../peers/haproxy.ts'
import { startMeshwork } from '../peers/meshwork.ts'
import { startBackend } from '../peers/nginx.ts'

const run = promisify(execFile)
const RATE = 2000
const CONNECTIONS = 64
/** The machine was not quiet when the direct path moved by more than this. */
const MAX_DRIFT = 0.15

interface Latency {
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
}

/** Latency at 2,000 requests/s in an open loop, from the intended send time; the way without a proxy beside it. */
export async function* latency(quick: boolean): AsyncGenerator<object> {
  await using bench = await BenchRun.begin()
  const backend = await startBackend(bench, { bytes: 490 })
  const proxies = await startSubjects({
    meshwork: port => startMeshwork(bench, resources(port, backend), port),
    envoy: port => startEnvoy(bench, resources(port, backend), port),
    haproxy: port => startHaproxy(bench, [{ name: 'main', bind: `127.0.0.1:${port}`, server: `127.0.0.1:${backend}` }], port),
  })
  const subjects = [{ name: 'direct', port: backend }, ...proxies]
  const seconds = quick ? 4 : 15
  for (const { port } of subjects) await openLoop(port, quick ? 3 : 8)
  const runs = new Map<string, Latency[]>(subjects.map(({ name }) => [name, []]))
  for (const { name, port } of abba(subjects, quick ? 4 : 8)) runs.get(name)?.push(await openLoop(port, seconds))
  const drift = spread((runs.get('direct') ?? []).map(({ p50Us }) => p50Us))
  if (drift > MAX_DRIFT) throw new Error(`the direct path's p50 moved by ${Math.round(drift * 100)}%: the machine is not quiet; run again`)
  yield* report(runs, drift)
}

async function openLoop(port: number, seconds: number): Promise<Latency> {
  const script = fileURLToPath(new URL('open-loop-process.ts', import.meta.url))
  // The generator spins; the backend on the same core must come first.
  const args = ['-c', `${LOAD_CORE}`, 'nice', '-n', '10', process.execPath, ...process.execArgv, script, port, RATE, seconds, CONNECTIONS]
  const { stdout } = await run('taskset', args.map(String))
  const seen: Latency & { readonly failures: number; readonly unanswered: number } = JSON.parse(stdout)
  if (seen.failures > 0) throw new Error(`${seen.failures} requests failed on port ${port}`)
  // The generator has a core with the backend alone: when that cannot keep the rate, others are using it.
  if (seen.unanswered > 0) throw new Error(`${seen.unanswered} requests were not answered in time: the machine is not quiet; run again`)
  return seen
}

/** How far the halves of a series are apart, relative to the first: a drift of the machine, not its noise. */
function spread(values: readonly number[]): number {
  const middle = Math.floor(values.length / 2)
  const [before, after] = [median(values.slice(0, middle)), median(values.slice(middle))]
  return Math.abs(after - before) / before
}

function* report(runs: ReadonlyMap<string, readonly Latency[]>, drift: number): Generator<object> {
  const of = (name: string, pick: (run: Latency) => number): number => median((runs.get(name) ?? []).map(pick))
  for (const subject of runs.keys()) {
    const figures = {
      p50_us: of(subject, run => run.p50Us),
      p99_us: of(subject, run => run.p99Us),
      p999_us: of(subject, run => run.p999Us),
    }
    yield { bench: 'latency', subject, rate: RATE, ...figures }
  }
  const peers = [...runs.keys()].filter(name => name !== 'meshwork')
  const ratios = (pick: (run: Latency) => number): object =>
    Object.fromEntries(peers.map(name => [name, round(of('meshwork', pick) / of(name, pick), 3)]))
  yield { bench: 'latency', drift: round(drift, 3), ratios: ratios(run => run.p99Us), ratios_p999: ratios(run => run.p999Us) }
}

function resources(port: number, backend: number): EnvoyResources {
  return { listeners: [listener(port, manager({ routes: [routeTo('backend')] }))], clusters: [cluster(backend)] }
}
