import { setTimeout as sleep } from 'node:timers/promises'
import {
  cluster,
  dynamicHttpFilter,
  fromControlPlane,
  type Json,
  listener,
  ProxyAdmin,
  routeTable,
  StaticProxy,
  tlsClient,
} from '@meshwork/testkit/bootstrap'
import { BackendProcess, CountedLoad, figures, nowMs, tally } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { jsonResources, TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { expect, it } from 'vitest'

/** From the push to the refusal, with its reason, at the control plane. */
const VISIBLE_MS = 1_000
const NO_CERTIFICATE = { certificateChainPem: 'no certificate', privateKeyPem: 'no key' }

/** Two services side by side, each with a listener, a route table and a cluster of its own. */
class Rig implements AsyncDisposable {
  readonly pilot = new TestControlPlane()
  readonly backends: readonly BackendProcess[]
  readonly entries: readonly [good: number, bad: number]
  readonly admin: ProxyAdmin
  private readonly proxy: StaticProxy

  private constructor(
    pilot: TestControlPlane,
    backends: readonly BackendProcess[],
    entries: Rig['entries'],
    adminOf: ProxyAdmin,
    proxy: StaticProxy,
  ) {
    this.pilot = pilot
    this.backends = backends
    this.entries = entries
    this.admin = adminOf
    this.proxy = proxy
  }

  static async start(): Promise<Rig> {
    const pilot = new TestControlPlane()
    const backends = await BackendProcess.startAll(2)
    const [good = 0, bad = 0, adminPort = 0] = await freePorts(3)
    pilot.set(
      jsonResources({
        [CLUSTER_TYPE]: ['good', 'bad'].map(name => cluster(name, backends[0]?.port ?? 0)),
        [LISTENER_TYPE]: [listener(good, dynamicHttpFilter('good')), listener(bad, dynamicHttpFilter('bad'))],
        [ROUTE_TYPE]: ['good', 'bad'].map(name => routeTable(name, name)),
      }),
    )
    await pilot.start()
    const proxy = await StaticProxy.start('proxy', fromControlPlane(Number(pilot.address.split(':')[1]), adminPort))
    return new Rig(pilot, backends, [good, bad], new ProxyAdmin(adminPort, proxy.child.pid ?? 0), proxy)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.pilot.stop()
    await Promise.all([this.proxy[Symbol.asyncDispose](), ...this.backends.map(backend => backend.kill())])
  }
}

interface BadPush {
  readonly name: string
  readonly type: string
  /** A push in which one resource is good and different, and one bad. */
  readonly resources: (rig: Rig) => readonly Json[]
  readonly reason: RegExp
  /** What shows at the good service that its part was applied. */
  readonly applied: (rig: Rig) => Promise<boolean>
}

async function headerOf(rig: Rig): Promise<string | null> {
  const reply = await fetch(`http://127.0.0.1:${rig.entries[0]}/probe`)
  await reply.text()
  return reply.headers.get('x-form')
}

const newForm = { response_headers_to_add: [{ header: { key: 'x-form', value: 'new' } }] }

const PUSHES: readonly BadPush[] = [
  {
    name: 'a route table with an invalid regular expression',
    type: ROUTE_TYPE,
    resources: () => [
      { ...routeTable('good', 'good'), ...newForm },
      {
        name: 'bad',
        virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { safe_regex: { regex: '(' } }, route: { cluster: 'bad' } }] }],
      },
    ],
    reason: /^bad: virtual_hosts\[0\]\.routes\[0\]\.match\.safe_regex/,
    applied: async rig => (await headerOf(rig)) === 'new',
  },
  {
    name: 'a cluster with a bad certificate',
    type: CLUSTER_TYPE,
    resources: rig => [
      cluster('good', rig.backends[1]?.port ?? 0),
      cluster('bad', rig.backends[1]?.port ?? 0, { transport_socket: tlsClient(NO_CERTIFICATE, ['h2'], 'no root') }),
    ],
    reason: /^bad: transport_socket/,
    applied: async rig => (await (await fetch(`http://127.0.0.1:${rig.entries[0]}/probe`)).text()).startsWith('backend-1'),
  },
  {
    name: 'a listener with an unknown filter',
    type: LISTENER_TYPE,
    resources: rig => [
      listener(rig.entries[0], { ...dynamicHttpFilter('good'), name: 'renamed' }),
      listener(rig.entries[1], { name: 'nonsense', typed_config: { '@type': 'type.googleapis.com/google.protobuf.Struct', value: {} } }),
    ],
    reason: /nonsense|filters\[0\]/,
    applied: async rig => (await rig.admin.page('/config_dump')).includes('"renamed"'),
  },
]

it.each(PUSHES)(
  '[failure-4] $name is refused alone, with its reason, and the rest of its push applies',
  async ({ name, type, resources, reason, applied }) => {
    await using rig = await Rig.start()
    const loads = rig.entries.map(port => new CountedLoad({ port, ratePerSecond: 200 }))
    await sleep(300)
    const pushedAt = nowMs()
    rig.pilot.set(jsonResources({ [type]: resources(rig) }))
    const refusal = (): string | null => rig.pilot.answers.findLast(({ error }) => error !== null)?.error ?? null
    while (refusal() === null && nowMs() - pushedAt < 5_000) await sleep(2)
    const visibleMs = nowMs() - pushedAt
    while (!(await applied(rig)) && nowMs() - pushedAt < 5_000) await sleep(5)
    const appliedMs = nowMs() - pushedAt
    await sleep(500)
    const outcomes = (await Promise.all(loads.map(load => load.stop()))).flat()
    const { sent, lost } = tally(outcomes, [], pushedAt)
    figures(`failure-4 ${name}`, { sent, lost: lost.length, visibleMs, appliedMs })
    expect(refusal()).toMatch(reason)
    expect(visibleMs).toBeLessThan(VISIBLE_MS)
    expect(appliedMs).toBeLessThan(VISIBLE_MS)
    expect(lost).toEqual([])
    // The proxy itself shows it too, beside the form that it keeps.
    expect(await rig.admin.page('/config_dump')).toMatch(/"error_state": \{[^}]*"details": "/)
  },
)
