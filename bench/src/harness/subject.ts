import { freePort } from '@meshwork/testkit/net'
import { peerPath } from '../../../scripts/peers/table.ts'
import { abba } from './abba.ts'
import { cpuTimeUs } from './cpu-time.ts'
import type { Load } from './load.ts'
import { median } from '../median.ts'
import type { PinnedProcess } from './pinned-process.ts'

/** A proxy, or a chain of proxies, under measurement. */
export interface Subject {
  readonly name: string
  /** Where the load goes. */
  readonly port: number
  /** Whose CPU time counts. */
  readonly pids: readonly number[]
}

/** Starts what listens on `port`. */
export type Starter = (port: number) => Promise<PinnedProcess | readonly PinnedProcess[]>

/** Starts ours and each peer that is installed. A starter's key is its name, or `peer` and a variant: `haproxy tuned`. */
export async function startSubjects(starters: Readonly<Record<string, Starter>>): Promise<readonly Subject[]> {
  const subjects: Subject[] = []
  for (const [name, start] of Object.entries(starters)) {
    const [program = ''] = name.split(' ')
    if (program !== 'meshwork' && peerPath(program) === undefined) continue
    const port = await freePort()
    const started = await start(port)
    subjects.push({ name, port, pids: [started].flat().map(({ pid }) => pid) })
  }
  return subjects
}

export interface Sample extends Load {
  readonly cpuUsPerRequest: number
}

/** How a bench puts load on a subject for some seconds. */
export type LoadOn = (subject: Subject, seconds: number) => Promise<Load>

/** How many interleaved runs of how many seconds. */
export interface Schedule {
  readonly rounds: number
  readonly seconds: number
}

const QUICK: Schedule = { rounds: 3, seconds: 1.5 }
const THOROUGH: Schedule = { rounds: 7, seconds: 5 }

/** Interleaved runs of all subjects (ABBA), after each has been warmed up. `quick`: fewer and shorter ones. */
export async function measure(
  subjects: readonly Subject[],
  quick: boolean,
  load: LoadOn,
  { rounds, seconds }: Schedule = quick ? QUICK : THOROUGH,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  for (const subject of subjects) await load(subject, quick ? 3 : 5)
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]))
  for (const subject of abba(subjects, rounds)) samples.get(subject.name)?.push(await sample(subject, seconds, load))
  return samples
}

async function sample(subject: Subject, seconds: number, load: LoadOn): Promise<Sample> {
  const before = cpuTimeUs(subject.pids)
  const seen = await load(subject, seconds)
  const used = cpuTimeUs(subject.pids) - before
  if (seen.failures > 0) throw new Error(`${subject.name}: ${seen.failures} of ${seen.requests} requests failed`)
  if (seen.requests === 0) throw new Error(`${subject.name}: no request was answered`)
  return { ...seen, cpuUsPerRequest: used / seen.requests }
}

/** One line for each subject. `more`: what tells this measurement from others of the bench. */
export function* subjectLines(bench: string, samples: ReadonlyMap<string, readonly Sample[]>, more: object = {}): Generator<object> {
  for (const [subject, runs] of samples) {
    yield {
      bench,
      subject,
      ...more,
      cpu_us_per_req: round(median(runs.map(run => run.cpuUsPerRequest)), 2),
      rps: Math.round(median(runs.map(run => run.rps))),
      p50_us: median(runs.map(run => run.p50Us)),
      p99_us: median(runs.map(run => run.p99Us)),
    }
  }
}

/** CPU time of ours divided by that of each peer, medians. */
export function costRatios(samples: ReadonlyMap<string, readonly Sample[]>): Readonly<Record<string, number>> {
  const cost = (name: string): number => median((samples.get(name) ?? []).map(run => run.cpuUsPerRequest))
  const peers = [...samples.keys()].filter(name => name !== 'meshwork')
  return Object.fromEntries(peers.map(name => [name, round(cost('meshwork') / cost(name), 3)]))
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
