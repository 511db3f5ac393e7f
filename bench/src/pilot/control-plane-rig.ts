import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa } from '@meshwork/testkit/ca'
import { BenchRun, LOAD_CORE, SUBJECT_CORE } from '../harness/bench-run.ts'
import { cpuTimeUs, residentBytes } from '../harness/cpu-time.ts'
import type { FleetTls, ShortType } from './fleet-client.ts'
import type { FleetCommand, FleetMember, FleetReport } from './fleet-process.ts'
import { MessageProcess } from './message-process.ts'
import type { ApplyCommand, PilotAnswer } from './pilot-process.ts'
import { addressOf, labelsOf, meshDocuments, type MeshSize, namespaceOf, podName } from './synthetic-mesh.ts'

const POLL_MS = 30
const LONGEST_WAIT_MS = 120_000
const NS_PER_MS = 1e6

/** Who serves: pilot, or the least that `node:http2` can do. */
export type ControlPlaneProgram = 'pilot-process.ts' | 'bare-process.ts'

/** From a change to the acknowledgements of all that it concerned. */
export interface ChangeTimes {
  /** One for each client, ascending, in milliseconds. */
  readonly ackedMs: readonly number[]
  /** Of the server under test. */
  readonly cpuMs: number
  readonly bytes: number
  readonly responses: number
}

interface Parts {
  readonly size: MeshSize
  readonly run: BenchRun
  readonly pilot: MessageProcess<ApplyCommand, PilotAnswer>
  readonly fleet: MessageProcess<FleetCommand, FleetReport>
  readonly address: string
  readonly certificates: readonly FleetTls[]
}

/** A pilot on one core, simulated proxies on the other. All of it is gone afterwards. */
export class ControlPlaneRig implements AsyncDisposable {
  private readonly parts: Parts

  private constructor(parts: Parts) {
    this.parts = parts
  }

  /** The mesh is read and in force; nobody is connected. `server`: a program with the messages of pilot-process.ts. */
  static async start(size: MeshSize, server: ControlPlaneProgram = 'pilot-process.ts'): Promise<ControlPlaneRig> {
    const run = await BenchRun.begin()
    const ca = await createTestCa()
    const own = await ca.issue('localhost')
    const tls = { certificateChain: own.certificateChainPem, privateKey: own.privateKeyPem, clientRoots: ca.rootPem }
    const certificates = await Promise.all(
      Array.from({ length: size.namespaces }, async (_, i) => {
        const { certificateChainPem, privateKeyPem } = await ca.issue(`spiffe://cluster.local/ns/team-${i}/sa/default`)
        return { cert: certificateChainPem, key: privateKeyPem, ca: ca.rootPem }
      }),
    )
    const file = await run.file('tls.json', JSON.stringify(tls))
    const pilot = await MessageProcess.start<ApplyCommand, PilotAnswer>(server, [file], SUBJECT_CORE)
    const fleet = await MessageProcess.start<FleetCommand, FleetReport>('fleet-process.ts', [], LOAD_CORE)
    const port = portOf(pilot.first)
    const rig = new ControlPlaneRig({ size, run, pilot: pilot.process, fleet: fleet.process, address: `localhost:${port}`, certificates })
    await rig.apply(meshDocuments(size))
    await delay(200)
    return rig
  }

  get size(): MeshSize {
    return this.parts.size
  }

  get pilotPid(): number {
    return this.parts.pilot.pid
  }

  /** In bytes. */
  rss(): number {
    return residentBytes([this.pilotPid])
  }

  /** Milliseconds of all threads since the start. */
  cpuMs(): number {
    return cpuTimeUs([this.pilotPid]) / 1_000
  }

  /** Connects `count` proxies at once; resolves when the last has its whole configuration. Times since the call, ascending. */
  async connect(count: number, certain: 'half' | 'delta' = 'half'): Promise<readonly number[]> {
    const { fleet, address, certificates } = this.parts
    const members = Array.from({ length: count }, (_, index) => this.member(index, certain))
    const start = process.hrtime.bigint()
    await fleet.ask({ kind: 'connect', address, members, certificates })
    const report = await this.until(({ complete }) => complete === count, null, count)
    return sinceMs(start, report.completeAt)
  }

  async disconnect(): Promise<void> {
    await this.parts.fleet.ask({ kind: 'disconnect' })
  }

  /** Applies a change that concerns `type` of `expected` clients, and waits for their acknowledgements. */
  async change(documents: readonly object[], type: ShortType, expected: number): Promise<ChangeTimes> {
    const { fleet } = this.parts
    await fleet.ask({ kind: 'mark' })
    const cpuBefore = this.cpuMs()
    const at = await this.apply(documents)
    const report = await this.until(({ acked }) => acked >= expected, type, expected)
    return { ackedMs: sinceMs(at, report.ackedAt), cpuMs: this.cpuMs() - cpuBefore, bytes: report.bytes, responses: report.responses }
  }

  /** Applies documents; returns when pilot had them, in nanoseconds of the monotonic clock. */
  async apply(documents: readonly object[]): Promise<bigint> {
    const answer = await this.parts.pilot.ask({ kind: 'apply', documents })
    if (answer.kind !== 'applied') throw new Error('pilot answered something else')
    return BigInt(answer.at)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pilot, fleet, run } = this.parts
    await fleet.stop()
    await pilot.stop()
    await run[Symbol.asyncDispose]()
  }

  private member(index: number, variants: 'half' | 'delta'): FleetMember {
    const { size } = this.parts
    const service = index % size.services
    const namespace = namespaceOf(size, service)
    const id = `sidecar~${addressOf(service, 0)}~${podName(service, 0)}.${namespace}~${namespace}.svc.cluster.local`
    const metadata = { NAMESPACE: namespace, LABELS: labelsOf(service, 0), SERVICE_ACCOUNT: 'default', INTERCEPTION_MODE: 'REDIRECT' }
    return { variant: variants === 'delta' || index % 2 === 1 ? 'delta' : 'sotw', node: { id, metadata }, tls: service % size.namespaces }
  }

  private async until(done: (report: FleetReport) => boolean, type: ShortType | null, expected: number): Promise<FleetReport> {
    const deadline = performance.now() + LONGEST_WAIT_MS
    for (;;) {
      const report = await this.parts.fleet.ask({ kind: 'report', type, expected })
      if (done(report)) return report
      if (report.failures.length > 0) throw new Error(`simulated proxies failed: ${report.failures.join('; ')}`)
      if (performance.now() > deadline) throw new Error(`not done: ${JSON.stringify({ ...report, ackedAt: 0, completeAt: 0 })}`)
      await delay(POLL_MS)
    }
  }
}

function portOf(first: unknown): number {
  return typeof first === 'object' && first !== null && 'port' in first ? Number(first.port) : 0
}

function sinceMs(start: bigint, at: readonly string[]): readonly number[] {
  return at.map(ns => Number(BigInt(ns) - start) / NS_PER_MS).toSorted((a, b) => a - b)
}

/** `share` from 0 to 1, of ascending values. */
export function quantile(values: readonly number[], share: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}

export function rounded(value: number, digits: number = 1): number {
  return Number(value.toFixed(digits))
}
