import { sleep, systemClock } from '@meshwork/core/time'
import { figures } from '@meshwork/testkit/faults'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { KubeWorld } from './kube-world.ts'
import { IMAGE_SETS, meshctl } from './run-in-world.ts'
import { APPS_IMAGE } from './test-images.ts'

/** Figures of issue 6. */
const CONTROL_PLANE_LIMIT_MIB = 400
const CONTROL_PLANE_LIMIT_CPU = 0.3
const SIDECAR_LIMIT_MIB = 85
const MIB = 1_048_576
/** What starting cost is over, and the kubelet (which looks every ten seconds) has seen what is at rest. */
const SETTLE_MS = 30_000
const WATCH_MS = 30_000

interface ContainerStats {
  readonly name: string
  readonly cpu: { readonly usageCoreNanoSeconds: number }
  /** `rssBytes` is what belongs to the container alone; `workingSetBytes` has files that are in use, too. */
  readonly memory: { readonly workingSetBytes: number; readonly rssBytes: number }
}

interface Summary {
  readonly pods: readonly { readonly podRef: { readonly namespace: string }; readonly containers: readonly ContainerStats[] }[]
}

/** The mesh of the profile `laptop`, with two pods that nobody calls. */
describe('a mesh at rest (figures)', () => {
  let world: KubeWorld

  beforeAll(async () => {
    world = await KubeWorld.up('at-rest')
    expect(await meshctl(world, 'install', '-y', '--profile', 'laptop', ...IMAGE_SETS)).toMatchObject({ code: 0 })
    const labels = { 'istio-injection': 'enabled' }
    await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'yard', labels } })
    await world.apply(...['first', 'second'].map(pod))
    await world.kubectl('wait', '-n', 'yard', '--for=condition=Ready', '--timeout=110s', 'pod', '--all')
    await sleep(systemClock, SETTLE_MS)
  }, 900_000)

  afterAll(() => world?.down())

  /** By what the kubelet says, as `kubectl top` and autoscalers read it. */
  async function containers(namespace: string): Promise<readonly ContainerStats[]> {
    const node = await world.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')
    const summary: Summary = JSON.parse(await world.kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/stats/summary`))
    return summary.pods.filter(({ podRef }) => podRef.namespace === namespace).flatMap(each => each.containers)
  }

  test('the control plane and a sidecar stay within their limits (part 9)', async () => {
    const begin = systemClock.monotonicMs()
    const before = cpuOf(await containers('istio-system'))
    await sleep(systemClock, WATCH_MS)
    const plane = await containers('istio-system')
    const cpu = (cpuOf(plane) - before) / 1e6 / (systemClock.monotonicMs() - begin)
    const memory = sum(plane.map(each => each.memory.workingSetBytes)) / MIB
    const sidecars = (await containers('yard')).filter(({ name }) => name === 'istio-proxy').map(each => each.memory)
    const sidecar = { rss: most(sidecars.map(each => each.rssBytes)), workingSet: most(sidecars.map(each => each.workingSetBytes)) }
    figures('control plane of profile laptop at rest', { 'MiB working set': memory, 'milli-CPU': cpu * 1000 })
    figures('sidecar at rest, MiB', { rss: sidecar.rss, 'working set': sidecar.workingSet })
    expect(sidecars).toHaveLength(2)
    expect(memory).toBeLessThan(CONTROL_PLANE_LIMIT_MIB)
    expect(cpu).toBeLessThan(CONTROL_PLANE_LIMIT_CPU)
    expect(sidecar.rss).toBeLessThan(SIDECAR_LIMIT_MIB)
  })
})

function pod(name: string): object {
  const container = { name: 'app', image: APPS_IMAGE, imagePullPolicy: 'Never', args: ['wait'] }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'yard' }, spec: { containers: [container] } }
}

function cpuOf(stats: readonly ContainerStats[]): number {
  return sum(stats.map(({ cpu }) => cpu.usageCoreNanoSeconds))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function most(bytes: readonly number[]): number {
  return Math.max(...bytes) / MIB
}
