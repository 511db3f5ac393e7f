import { sleep, systemClock } from '@meshwork/core/time'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { app, type AppPod, barePod, probed } from './app-objects.ts'
import { Machine } from './machine.ts'
import { type Answer, type Caller, MeshOnCluster } from './mesh-on-cluster.ts'
import { SteadyLoad } from './steady-load.ts'
import { APPS_IMAGE } from './test-images.ts'

const YARD = 'yard'
/** What kubelet, control plane and proxies together take to follow, with room for a machine that does other work besides. */
const FOLLOWS_MS = 90_000
/** The row's own length: MESHWORK_OUTAGE_SECONDS=600. */
const LONG_OUTAGE = process.env['MESHWORK_OUTAGE_SECONDS']
const OUTAGE_MS = Number(LONG_OUTAGE ?? '15') * 1000
const PER_SECOND = LONG_OUTAGE === undefined ? 20 : 200

function statuses(answers: readonly Answer[]): readonly number[] {
  return answers.map(({ status }) => status)
}

describe('pods and their proxies under STRICT mutual TLS', () => {
  let mesh: MeshOnCluster
  let caller: Caller

  beforeAll(async () => {
    mesh = await MeshOnCluster.up('lifecycle', ['global.mtls.enabled=true', 'meshConfig.accessLogFile=/dev/stdout'])
    caller = await mesh.namespace(YARD)
    await mesh.world.apply(...app(YARD, 'probed', { container: probed() }), ...app(YARD, 'alone', { container: { args: ['echo'] } }))
    await mesh.settled(YARD)
  }, 900_000)

  afterAll(() => mesh?.down())

  async function started(name: string, pod: AppPod): Promise<void> {
    await mesh.world.apply(...app(YARD, name, pod))
    await mesh.kubectl('rollout', 'status', '-n', YARD, `deployment/${name}`, '--timeout=100s')
  }

  function podOf(name: string, path: string): Promise<string> {
    return mesh.kubectl('get', 'pods', '-n', YARD, '-l', `app=${name}`, '-o', `jsonpath={.items[*]${path}}`)
  }

  /** What the application of a pod answers its own container. */
  async function own(name: string, path: string): Promise<Record<string, unknown>> {
    const pod = await podOf(name, '.metadata.name')
    const [answer] = await mesh.call({ namespace: YARD, pod }, `http://127.0.0.1:${path}`)
    return JSON.parse(answer?.body ?? '')
  }

  async function isReady(name: string): Promise<string> {
    return podOf(name, '.status.conditions[?(@.type=="Ready")].status')
  }

  test('[traffic-108] HTTP, TCP and gRPC probes of the kubelet pass, on ports that no Service has (part 5)', async () => {
    await eventually(async () => {
      const { asked } = await own('probed', '8081/asked')
      expect(asked).toEqual({ http: expect.toSatisfy(count => count > 3), grpc: expect.toSatisfy(count => count > 3), tcp: 1 })
    }, FOLLOWS_MS)
    expect(await isReady('probed')).toBe('True')
    expect(await podOf('probed', '.status.containerStatuses[*].restartCount')).toBe('0')
    // Who has no certificate and is not the kubelet is refused on the very same ports.
    const outsider = await mesh.namespace('outside', {})
    await mesh.settled('outside')
    const address = await podOf('probed', '.status.podIP')
    for (const port of [8081, 8082, 8083]) expect(statuses(await mesh.call(outsider, `http://${address}:${port}/healthz`))).toEqual([0])
  })

  test('[traffic-107] a pod that is not ready is sent nothing, while its probes pass (part 5)', async () => {
    await mesh.world.apply(...app(YARD, 'late', { container: probed([{ name: 'HEALTH', value: 'unready' }]) }))
    await eventually(async () => {
      const { asked } = await own('late', '8081/asked')
      expect(asked).toMatchObject({ http: expect.toSatisfy(count => count > 2) })
    }, FOLLOWS_MS)
    expect(await isReady('late')).toBe('False')
    expect(statuses(await mesh.call(caller, 'http://late.yard/', { times: 20 }))).toEqual(Array(20).fill(503))
    expect(await own('late', '8080/')).toMatchObject({ served: 1 })
    await own('late', '8081/ready')
    await eventually(async () => expect(statuses(await mesh.call(caller, 'http://late.yard/'))).toEqual([200]), FOLLOWS_MS)
    await own('late', '8081/unready')
    await eventually(async () => expect(statuses(await mesh.call(caller, 'http://late.yard/'))).toEqual([503]), FOLLOWS_MS)
    expect(await podOf('late', '.status.containerStatuses[*].restartCount')).toBe('0')
  })

  test('[traffic-116] a pod that calls its own Service passes both halves of its proxy (part 6)', async () => {
    const pod = await podOf('alone', '.metadata.name')
    const [answer] = await mesh.call({ namespace: YARD, pod }, 'http://alone.yard/')
    expect(answer?.status).toBe(200)
    const { headers } = JSON.parse(answer?.body ?? '')
    expect(headers['x-forwarded-client-cert']).toContain('URI=spiffe://cluster.local/ns/yard/sa/default')
    await eventually(async () => {
      const lines = (await mesh.kubectl('logs', '-n', YARD, pod, '-c', 'istio-proxy')).split('\n')
      const mine = lines.filter(line => line.includes(headers['x-request-id']))
      expect(mine).toHaveLength(2)
      for (const half of [/inbound\|8080\|/, /outbound\|80\|\|alone\.yard/]) expect(mine).toContainEqual(expect.stringMatching(half))
    }, FOLLOWS_MS)
  })

  test('[traffic-118] with TPROXY an application sees the addresses of its clients (part 6)', async () => {
    const annotations = { 'sidecar.istio.io/interceptionMode': 'TPROXY' }
    await started('seer', { annotations, container: { args: ['echo'] } })
    const peer = async (from: Caller, name: string): Promise<unknown> => {
      const [answer] = await mesh.call(from, `http://${name}.yard/`)
      return JSON.parse(answer?.body || '{}').peer
    }
    const [address, pod] = await Promise.all([podOf('seer', '.status.podIP'), podOf('seer', '.metadata.name')])
    const client = await mesh.kubectl('get', 'pod', '-n', YARD, caller.pod, '-o', 'jsonpath={.status.podIP}')
    await eventually(async () => expect(await peer(caller, 'seer')).toBe(client), FOLLOWS_MS)
    expect(await peer({ namespace: YARD, pod }, 'seer')).toBe(address)
    // By REDIRECT it is the proxy.
    expect(await peer(caller, 'alone')).toBe('127.0.0.6')
  })

  test.each([
    ['native', 'native sidecar'],
    ['gate', 'start gate'],
  ])(
    '[journey-12] an application that calls in its first line never fails, and an event tells what that took: %s (part 5)',
    async (order, words) => {
      const annotations = { 'sidecar.istio.io/nativeSidecar': String(order === 'native') }
      const name = `first-line-${order}`
      await started(name, { annotations, container: { args: ['begin', 'http://alone.yard/'] } })
      const pod = await podOf(name, '.metadata.name')
      const firstLine = async (): Promise<string> => (await mesh.kubectl('logs', '-n', YARD, pod, '-c', 'app')).split('\n')[0] || '{}'
      await eventually(async () => expect(JSON.parse(await firstLine())).toMatchObject({ status: 200 }), FOLLOWS_MS)
      expect(await podOf(name, '.status.containerStatuses[*].restartCount')).toMatch(/^0( 0)?$/)
      // As people look for it.
      const described = await mesh.kubectl('describe', 'pod', '-n', YARD, pod)
      expect(described).toMatch(new RegExp(`Normal .* meshwork-pilot .*${words} \\d+\\.\\ds: the application is started now`))
    },
  )

  test.each([
    ['native', ''],
    ['gate', 'terminationDrainDuration: 25s'],
  ])('a request that is under way when its pod is deleted is answered: %s (part 5)', async (order, config) => {
    const annotations = { 'sidecar.istio.io/nativeSidecar': String(order === 'native'), 'proxy.istio.io/config': config }
    const name = `slow-${order}`
    await started(name, { annotations, container: { args: ['echo'] }, spec: { terminationGracePeriodSeconds: 40 } })
    await eventually(async () => expect(statuses(await mesh.call(caller, `http://${name}.yard/`))).toEqual([200]), FOLLOWS_MS)
    const pod = await podOf(name, '.metadata.name')
    let served = Number((await own(name, '8080/'))['served'])
    const slow = mesh.call(caller, `http://${name}.yard/`, { headers: { 'x-echo': '200@9000' } })
    // Each question is a request, too: one more than that has come.
    await eventually(async () => {
      const before = served
      served = Number((await own(name, '8080/'))['served'])
      expect(served - before).toBe(2)
    }, FOLLOWS_MS)
    await mesh.kubectl('delete', 'pod', '-n', YARD, pod, '--wait=false')
    expect(statuses(await slow)).toEqual([200])
    await mesh.kubectl('wait', '-n', YARD, '--for=delete', `pod/${pod}`, '--timeout=60s')
  })

  test('a container that is named as the proxy overrides the template, and the pod is in the mesh (part 5)', async () => {
    const containers = [
      { name: 'istio-proxy', image: 'auto', env: [{ name: 'OWN_WISH', value: 'granted' }], resources: { requests: { cpu: '77m' } } },
      { name: 'app', image: APPS_IMAGE, imagePullPolicy: 'Never', args: ['begin', 'http://alone.yard/'] },
    ]
    await started('wishes', { annotations: { 'inject.istio.io/templates': 'sidecar' }, container: {}, spec: { containers } })
    const proxy = '.spec.initContainers[?(@.name=="istio-proxy")]'
    expect(await podOf('wishes', `${proxy}.resources.requests.cpu`)).toBe('77m')
    expect(await podOf('wishes', `${proxy}.env[?(@.name=="OWN_WISH")].value`)).toBe('granted')
    expect(await podOf('wishes', '.spec.containers[*].name')).toBe('app')
  })

  test('[traffic-136] a service on a machine is reached by its name from when it is registered until it is deregistered (part 9)', async () => {
    const machine = await Machine.start(mesh.world.cluster, 'machine')
    onTestFinished(() => machine[Symbol.asyncDispose]())
    const url = 'http://legacy.yard:8080/'
    const reached = async (): Promise<unknown> => {
      const [answer] = await mesh.call(caller, url)
      return answer?.status === 200 ? JSON.parse(answer.body).name : answer?.status
    }
    await mesh.meshctl('register', 'legacy', machine.address, 'http:8080', '-n', YARD)
    await eventually(async () => expect(await reached()).toBe('machine'), FOLLOWS_MS)
    await mesh.meshctl('deregister', 'legacy', machine.address, '-n', YARD)
    await eventually(async () => expect(await reached()).toBe(503), FOLLOWS_MS)
  })

  /** What proxies have opened streams to the pilots of now, each as often as it has. */
  async function streams(): Promise<readonly string[]> {
    const lines = (await mesh.kubectl('logs', '-n', 'istio-system', '-l', 'app=istiod', '--tail=-1')).split('\n')
    return lines.filter(line => line.includes('xds client connected')).map(line => JSON.parse(line).node)
  }

  async function restarts({ namespace, pod }: Caller): Promise<string> {
    const path = 'jsonpath={.status.initContainerStatuses[?(@.name=="istio-proxy")].restartCount}'
    return mesh.kubectl('get', 'pod', '-n', namespace, pod, '-o', path)
  }

  test(
    `[journey-44] ${OUTAGE_MS / 1000} s without pilot: traffic goes on, a proxy starts from its last configuration, new pods are refused`,
    async () => {
      const istiod = ['-n', 'istio-system', 'deployment/istiod']
      const pod = barePod(YARD, 'late-comer')
      const other = await mesh.namespace('other')
      await mesh.settled('other')
      const load = new SteadyLoad(mesh, caller, 'http://alone.yard/', PER_SECOND)
      await mesh.kubectl('scale', '--replicas=0', ...istiod)
      await mesh.kubectl('wait', '-n', 'istio-system', '--for=delete', 'pod', '-l', 'app=istiod', '--timeout=100s')
      const over = sleep(systemClock, OUTAGE_MS)
      await expect(mesh.world.apply(pod)).rejects.toThrow(/sidecar-injector/)
      // A proxy that ends is started anew by the kubelet, and has nobody to ask.
      await mesh.kubectl('exec', '-n', 'other', other.pod, '-c', 'istio-proxy', '--', '/usr/local/bin/node', '-e', 'process.kill(1)')
      await eventually(async () => expect(await restarts(other)).toBe('1'), FOLLOWS_MS)
      await eventually(async () => expect(statuses(await mesh.call(other, 'http://alone.yard/'))).toEqual([200]), FOLLOWS_MS)
      await over
      await mesh.kubectl('scale', '--replicas=1', ...istiod)
      await mesh.kubectl('rollout', 'status', ...istiod, '--timeout=100s')
      await eventually(() => mesh.world.apply(pod), FOLLOWS_MS)
      await mesh.kubectl('wait', '-n', YARD, '--for=condition=Ready', 'pod/late-comer', '--timeout=100s')
      const answers = await load.stop()
      expect(answers.length).toBeGreaterThan(2 * PER_SECOND)
      expect(answers.filter(({ status }) => status !== 200)).toEqual([])
      // Each proxy has come back, and none again and again.
      for (const each of ['caller.yard', 'caller.other', `${await podOf('alone', '.metadata.name')}.yard`, 'late-comer.yard'])
        await eventually(async () => expect(await streams()).toContainEqual(expect.stringContaining(`~${each}~`)), FOLLOWS_MS)
      const often = [...Map.groupBy(await streams(), node => node)].filter(([, { length }]) => length > 2)
      expect(often).toEqual([])
    },
    240_000 + OUTAGE_MS,
  )
})
