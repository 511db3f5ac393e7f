import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { sleep, systemClock } from '@meshwork/core/time'

import { createTestCa } from '../ca/index.ts'
import type { DataPlane } from '../conformance/traffic/run/data-plane.ts'
import { dataPlanes } from '../conformance/traffic/run/data-planes.ts'
import { SecretServer } from '../conformance/traffic/run/secret-server.ts'
import type { ProxySpec } from '../conformance/traffic/scenario.ts'
import { freePort } from '../net/index.ts'
import { builtProgram, type Child, startProgram } from '../process/index.ts'

/** A proxy's refusal of what pilot made of a configuration. */
export interface Refusal {
  /** `envoy sidecar`, `meshwork router` and so on. */
  readonly proxy: string
  readonly type: string
  readonly message: string
}

/** What became of one configuration. */
export interface Verdict {
  /** Objects that pilot refused, with their first reason. */
  readonly rejections: readonly string[]
  readonly refusals: readonly Refusal[]
}

export interface AcceptanceOptions {
  /** Yaml that stays below every configuration: the world it speaks of. */
  readonly base?: string
  /** `meshwork`, `envoy` or `both`. */
  readonly dataPlanes?: string
}

/** The proxies that each kind of data plane runs, which see all that a configuration has. */
const PROXIES: readonly ProxySpec[] = [
  {
    role: 'sidecar',
    kind: 'sidecar',
    pod: 'productpage-v1-1',
    namespace: 'default',
    ip: '10.44.3.1',
    labels: { app: 'productpage', version: 'v1' },
    serviceAccount: 'default',
  },
  {
    role: 'router',
    kind: 'router',
    pod: 'istio-ingressgateway-1',
    namespace: 'istio-system',
    ip: '10.44.2.1',
    labels: { istio: 'ingressgateway', app: 'istio-ingressgateway' },
    serviceAccount: 'istio-ingressgateway',
  },
]

/** A network of their own, so that no port of theirs is anybody else's. */
const ALONE = [
  'unshare',
  '--net',
  'sh',
  '-c',
  'ip link set lo up; ip addr add 10.44.3.1/32 dev lo; ip addr add 10.44.2.1/32 dev lo; exec "$@"',
  'sh',
] as const
const PUSH_LIMIT_MS = 20_000
const LOOK_EVERY_MS = 20

interface TypeState {
  readonly state: 'NOT SENT' | 'STALE' | 'SYNCED' | 'NACK'
  readonly message?: string
}

interface ClientState extends Readonly<Record<'cds' | 'eds' | 'lds' | 'rds', TypeState>> {
  readonly proxy: string
  readonly version: string
}

/**
 * Pilot with real proxies of all kinds, as processes: gives the verdict of all of them on any configuration. Disposal ends them.
 * Needs the right to make network namespaces.
 */
export class AcceptanceRig implements AsyncDisposable {
  private readonly resources = new AsyncDisposableStack()
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesh-acceptance-'))
  private readonly children: Child[] = []
  private readonly base: string
  private port = 0
  private count = 0
  private clients = 0

  private constructor(base: string) {
    this.base = base
    this.resources.defer(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  static async start({ base = '', dataPlanes: which = 'both' }: AcceptanceOptions = {}): Promise<AcceptanceRig> {
    const rig = new AcceptanceRig(base)
    try {
      await rig.startPilot()
      await Promise.all(dataPlanes(which).flatMap(plane => PROXIES.map(proxy => rig.startProxy(plane, proxy))))
      return rig
    } catch (error) {
      await rig[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Makes `yaml`, above the base, the configuration in force, and waits until every proxy has said yes or no. */
  async judge(yaml: string): Promise<Verdict> {
    this.count++
    const before = await this.revision()
    this.write(yaml)
    await this.until(async () => (await this.revision()) > before, 'pilot does not push')
    const states = await this.settled()
    return { rejections: await this.rejections(), refusals: states.flatMap(refusalsOf) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.resources.disposeAsync()
  }

  /** In one step, so that no half is ever read. The namespace is there to be a change, whatever the rest is. */
  private write(yaml: string): void {
    const marker = `apiVersion: v1\nkind: Namespace\nmetadata: {name: marker, labels: {count: "${this.count}"}}\n`
    const next = join(this.folder, 'next')
    writeFileSync(next, `${marker}---\n${this.base}\n---\n${yaml}`)
    renameSync(next, join(this.folder, 'config', 'objects.yaml'))
  }

  private async startPilot(): Promise<void> {
    mkdirSync(join(this.folder, 'config'))
    this.write('')
    this.port = await freePort()
    const pilot = startProgram(builtProgram('pilot/main'), {
      name: 'pilot',
      args: [
        ...['--config-dir', join(this.folder, 'config'), '--xds-address', `unix:${join(this.folder, 'xds.sock')}`],
        // One world after the other is what the rig is for: that the last one's services are gone is no mistake.
        ...['--http-address', `127.0.0.1:${this.port}`, '--debounce-after', '0', '--confirm-empty', '0'],
      ],
    })
    this.keep(pilot)
    await pilot.whenReady()
  }

  private async startProxy(plane: DataPlane, proxy: ProxySpec): Promise<void> {
    this.clients++
    const folder = join(this.folder, `${plane.name}-${proxy.role}`)
    mkdirSync(folder)
    // The names of pods tell the proxies apart in pilot's answers.
    const named = { ...proxy, pod: `${proxy.pod}-${plane.name}`, role: `${plane.name} ${proxy.role}` }
    const sdsSocket = join(folder, 'sds.sock')
    this.resources.use(await SecretServer.start(named, await createTestCa(), sdsSocket))
    const setting = { proxy: named, folder, xdsSocket: join(this.folder, 'xds.sock'), sdsSocket, prefix: ALONE }
    const child = plane.start(setting)
    this.keep(child)
    await plane.whenServing(child, setting)
  }

  private keep(child: Child): void {
    this.children.push(child)
    this.resources.use(child)
  }

  /** The state of every proxy once nothing is under way, twice in a row: routes may follow the clusters they name. */
  private async settled(): Promise<readonly ClientState[]> {
    let calm = 0
    let states: readonly ClientState[] = []
    await this.until(async () => {
      states = await this.page<readonly ClientState[]>('/debug/syncz')
      const quiet = states.length === this.clients && states.every(state => typesOf(state).every(([, { state: now }]) => now !== 'STALE'))
      calm = quiet ? calm + 1 : 0
      return calm >= 2
    }, 'proxies do not answer')
    return states
  }

  private async rejections(): Promise<readonly string[]> {
    const found = await this.page<
      readonly {
        readonly key?: { readonly kind: string; readonly name: string }
        readonly violations: readonly { readonly message: string }[]
      }[]
    >('/debug/rejections')
    return found.map(({ key, violations }) => `${key?.kind ?? ''} ${key?.name ?? ''}: ${violations[0]?.message ?? ''}`)
  }

  private async revision(): Promise<number> {
    return (await this.page<{ readonly revision?: number }>('/debug/push_status')).revision ?? 0
  }

  private async page<T>(path: string): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`)
    return (await answer.json()) as T
  }

  private async until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + PUSH_LIMIT_MS
    while (!(await condition())) {
      const ended = this.children.find(child => !child.running())
      if (ended !== undefined) throw new Error(`${ended.name} ended: ${ended.log.tail(12)}`)
      if (performance.now() > deadline) throw new Error(`${what}\n${this.children.map(child => child.log.tail(4)).join('\n')}`)
      await sleep(systemClock, LOOK_EVERY_MS)
    }
  }
}

function typesOf({ cds, eds, lds, rds }: ClientState): readonly (readonly [string, TypeState])[] {
  return Object.entries({ cds, eds, lds, rds })
}

function refusalsOf(client: ClientState): readonly Refusal[] {
  const proxy = client.proxy.split('~')[2] ?? client.proxy
  return typesOf(client)
    .filter(([, { state }]) => state === 'NACK')
    .map(([type, { message }]) => ({ proxy, type, message: message ?? '' }))
}
