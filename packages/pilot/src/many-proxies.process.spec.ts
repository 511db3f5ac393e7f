import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@meshwork/core/log'
import { ok } from '@meshwork/core/result'
import { sleep, systemClock } from '@meshwork/core/time'
import { Cluster } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { figures, quantile } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { type ResourceType, XdsClient } from '@meshwork/xds/client'
import { type AdsConnection, connectAds } from '@meshwork/xds/grpc'
import { CLUSTER_TYPE } from '@meshwork/xds/types'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const PROXIES = 1000
/** Goals are 2 s and 3 s on a quiet machine; here the proxies themselves need most of the time. */
const [CHANGE_LIMIT_MS, RETURN_LIMIT_MS] = [15_000, 45_000]
const CLUSTER = 'outbound|80||reviews.default.svc.cluster.local'
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: reviews, namespace: default}\nspec: {ports: [{name: http, port: 80}]}\n'

/** The row asks for five minutes: `MESHWORK_FLAP_SECONDS=300`. */
const FLAP_MS = Number(process.env['MESHWORK_FLAP_SECONDS'] ?? 4) * 1000
const FLAPS_PER_SECOND = 50
const FLAP_LIMIT_MS = FLAP_MS > 60_000 ? 500 : 2_500

/** The number of a change travels as a connect timeout, in milliseconds above one second. */
function rule(change: number): string {
  return `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  trafficPolicy: {connectionPool: {tcp: {connectTimeout: ${1000 + change}ms}}}
`
}

const clusters: ResourceType<number> = {
  typeUrl: CLUSTER_TYPE,
  absenceDeletes: true,
  decode: bytes => {
    const { name, connectTimeout } = Cluster.decode(bytes)
    const ms = Number(connectTimeout?.seconds ?? 0n) * 1000 + (connectTimeout?.nanos ?? 0) / 1e6
    return ok(name === CLUSTER ? ms - 1000 : -1)
  },
}

/** One proxy: a connection of its own with one stream, which knows the newest change that reached it. */
class Proxy {
  change = -1
  readonly applied: { readonly change: number; readonly atMs: number }[] = []
  private readonly connection: AdsConnection
  private readonly client: XdsClient

  constructor(address: string, index: number) {
    // Channels that are asked for by different names do not share a connection.
    this.connection = connectAds(address, { serverName: `p-${index}` })
    const node = {
      id: `sidecar~10.1.${index >> 8}.${index & 255}~p-${index}.default~default.svc.cluster.local`,
      cluster: 'p',
      userAgentName: 'test',
    }
    const metadata = { NAMESPACE: 'default', LABELS: { app: `p-${index}` } }
    const variant = index % 2 === 0 ? 'sotw' : 'delta'
    const open = this.connection.open
    this.client = new XdsClient({
      node: { ...node, metadata, locality: { region: '', zone: '', subZone: '' } },
      variant,
      open,
      clock: systemClock,
      log: silentLogger,
    })
    this.client.subscribe({ type: clusters, apply: ({ changed }) => this.note(changed.get(CLUSTER)) }, { kind: 'everything' })
    this.client.start()
  }

  get connected(): boolean {
    return this.client.connected
  }

  close(): void {
    this.client.close()
    this.connection.close()
  }

  private note(change: number | undefined): void {
    if (change === undefined) return
    this.change = change
    this.applied.push({ change, atMs: systemClock.monotonicMs() })
  }
}

describe('a control plane with many proxies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-fleet-'))
  const config = join(folder, 'config')
  const proxies: Proxy[] = []
  let [xds, http] = [0, 0]
  let pilot: Child

  function startPilot(): Promise<void> {
    const args = ['--config-dir', config, '--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`]
    pilot = startProgram(builtProgram('pilot/main'), { name: 'pilot', args })
    return pilot.whenReady()
  }

  /** As editors and Git do it: the file is there with all of its text, or not yet. */
  function write(change: number): void {
    writeFileSync(join(folder, 'next'), rule(change))
    renameSync(join(folder, 'next'), join(config, 'rule.yaml'))
  }

  async function allHold(change: number, limitMs: number): Promise<number> {
    const begin = systemClock.monotonicMs()
    const late = (): number => proxies.filter(proxy => proxy.change !== change).length
    await vi.waitFor(() => expect(late()).toBe(0), { timeout: limitMs, interval: 20 })
    return systemClock.monotonicMs() - begin
  }

  async function pushes(): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text()
    return Number(/^pilot_xds_pushes\{type="cds"\} (\d+)/m.exec(text)?.[1] ?? 0)
  }

  /** Megabytes; `VmHWM` is the most there ever was. */
  function memory(field: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${pilot.pid}/status`, 'utf8')
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
  }

  beforeAll(async () => {
    const [a = 0, b = 0] = await freePorts(2)
    ;[xds, http] = [a, b]
    mkdirSync(config)
    writeFileSync(join(config, 'service.yaml'), SERVICE)
    write(0)
    await startPilot()
  })

  afterAll(async () => {
    for (const proxy of proxies) proxy.close()
    await pilot?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('[traffic-129] a burst of a hundred changes is a few pushes, and the last of them is what proxies get', async () => {
    proxies.push(new Proxy(`127.0.0.1:${xds}`, 0), new Proxy(`127.0.0.1:${xds}`, 1))
    await allHold(0, 10_000)
    const before = await pushes()
    for (let change = 1; change <= 100; change++) {
      write(change)
      await sleep(systemClock, 2)
    }
    const tookMs = await allHold(100, 10_000)
    const sent = (await pushes()) - before
    figures('traffic-129', { changes: 100, pushes: sent, tookMs })
    // Each push goes to both proxies.
    expect(sent).toBeLessThanOrEqual(40)
    expect(sent).toBeGreaterThanOrEqual(2)
  })

  test(
    '[failure-7] fifty changes a second starve nobody: each is soon applied or overtaken, the last one applied',
    { timeout: FLAP_MS + 60_000 },
    async () => {
      const [proxy] = proxies
      if (proxy === undefined) throw new Error('there is no proxy')
      const writtenAt = new Map<number, number>()
      const total = (FLAP_MS / 1000) * FLAPS_PER_SECOND
      const begin = systemClock.monotonicMs()
      for (let i = 1; i <= total; i++) {
        // Connect timeouts end at an hour: numbers come again in the long form.
        const change = 200 + (i % 100_000)
        write(change)
        writtenAt.set(change, systemClock.monotonicMs())
        const dueMs = begin + (i * 1000) / FLAPS_PER_SECOND
        await sleep(systemClock, Math.max(0, dueMs - systemClock.monotonicMs()))
      }
      await allHold(200 + (total % 100_000), 10_000)
      const delays = [...writtenAt].flatMap(([change, atMs]) => {
        const reached = proxy.applied.find(each => each.change >= change && each.atMs >= atMs)
        return reached === undefined ? [] : [reached.atMs - atMs]
      })
      const p99Ms = quantile(delays, 0.99)
      figures('failure-7', { changes: writtenAt.size, applied: proxy.applied.length, p99Ms })
      expect(delays).toHaveLength(writtenAt.size)
      expect(p99Ms).toBeLessThan(FLAP_LIMIT_MS)
    },
  )

  test('[traffic-131] a change reaches a thousand proxies within bounded time', { timeout: 120_000 }, async () => {
    write(1)
    await allHold(1, 10_000)
    for (let i = proxies.length; i < PROXIES; i++) proxies.push(new Proxy(`127.0.0.1:${xds}`, i))
    await allHold(1, 60_000)
    write(2)
    const tookMs = await allHold(2, CHANGE_LIMIT_MS)
    figures('traffic-131', { proxies: PROXIES, tookMs })
  })

  test(
    '[failure-28] a thousand proxies that come back at once all get their configuration, and cost no more memory than before',
    { timeout: 120_000 },
    async () => {
      const before = memory('VmRSS')
      await pilot.kill()
      await vi.waitFor(() => expect(proxies.filter(proxy => proxy.connected)).toHaveLength(0), { timeout: 20_000 })
      write(3)
      await startPilot()
      const tookMs = await allHold(3, RETURN_LIMIT_MS)
      const peak = memory('VmHWM')
      figures('failure-28', { proxies: PROXIES, tookMs, beforeMb: before, peakMb: peak })
      expect(peak).toBeLessThan(before * 1.5)
    },
  )
})
