import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { type Answer, type Caller, MeshOnCluster } from './mesh-on-cluster.ts'
import { APPS_IMAGE } from './test-images.ts'

const YARD = 'yard'
/** What kubelet, control plane and proxies together take to follow, with room for a machine that does other work besides. */
const FOLLOWS_MS = 90_000
const image = { image: APPS_IMAGE, imagePullPolicy: 'Never' }

interface AppPod {
  readonly annotations?: Readonly<Record<string, string>>
  readonly container: object
}

/** A Deployment of one pod and its Service, port 80. */
function app(name: string, { annotations = {}, container }: AppPod): readonly object[] {
  const metadata = { name, namespace: YARD }
  const containers = [{ name: 'app', ...image, ports: [{ containerPort: 8080 }], ...container }]
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
  const template = { metadata: { labels: { app: name }, annotations }, spec: { terminationGracePeriodSeconds: 5, containers } }
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: name }, ports } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector: { matchLabels: { app: name } }, template } },
  ]
}

/** Asked by the kubelet in each of its ways, on ports that no Service has; one bad answer to a liveness probe starts it anew. */
function probed(env: readonly object[] = []): object {
  const often = { periodSeconds: 1, failureThreshold: 1 }
  return {
    args: ['probed'],
    env,
    startupProbe: { tcpSocket: { port: 8083 }, periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { httpGet: { path: '/healthz', port: 8081 }, ...often },
    livenessProbe: { grpc: { port: 8082 }, ...often, timeoutSeconds: 10 },
  }
}

function statuses(answers: readonly Answer[]): readonly number[] {
  return answers.map(({ status }) => status)
}

describe('pods and their proxies under STRICT mutual TLS', () => {
  let mesh: MeshOnCluster
  let caller: Caller

  beforeAll(async () => {
    mesh = await MeshOnCluster.up('lifecycle', ['global.mtls.enabled=true', 'meshConfig.accessLogFile=/dev/stdout'])
    caller = await mesh.namespace(YARD)
    await mesh.world.apply(...app('probed', { container: probed() }), ...app('alone', { container: { args: ['echo'] } }))
    await mesh.settled(YARD)
  }, 900_000)

  afterAll(() => mesh?.down())

  async function started(name: string, pod: AppPod): Promise<void> {
    await mesh.world.apply(...app(name, pod))
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
    await mesh.world.apply(...app('late', { container: probed([{ name: 'HEALTH', value: 'unready' }]) }))
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
      await mesh.world.apply(...app(name, { annotations, container: { args: ['begin', 'http://alone.yard/'] } }))
      await mesh.settled(YARD)
      const pod = await podOf(name, '.metadata.name')
      const [answer] = (await mesh.kubectl('logs', '-n', YARD, pod, '-c', 'app')).split('\n').map(line => JSON.parse(line || '{}'))
      expect(answer).toMatchObject({ status: 200 })
      expect(await podOf(name, '.status.containerStatuses[*].restartCount')).toMatch(/^0( 0)?$/)
      // As people look for it.
      const described = await mesh.kubectl('describe', 'pod', '-n', YARD, pod)
      expect(described).toMatch(new RegExp(`Normal .* meshwork-pilot .*${words} \\d+\\.\\ds: the application is started now`))
    },
  )
})
