import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { type EarlierVersion, earlierVersion } from './earlier-version.ts'
import { echoApp } from './echo-app.ts'
import { type Caller, MeshOnCluster } from './mesh-on-cluster.ts'
import { meshctl } from './run-in-world.ts'
import { SteadyLoad } from './steady-load.ts'
import { TAG } from './test-images.ts'

/** The load of journey 43; `MESHWORK_ROLLOUTS` set: as many requests as that row asks for. */
const PER_SECOND = process.env['MESHWORK_ROLLOUTS'] === undefined ? 20 : 200
const FOLLOWS_MS = 60_000
const NEW_IMAGES = ['--set', `global.tag=${TAG}`]

describe('a mesh of an earlier commit becomes that of this one, and goes back (part 9)', () => {
  let mesh: MeshOnCluster
  let earlier: EarlierVersion
  /** In a namespace that follows the default revision; never restarted. */
  let old: Caller

  beforeAll(async () => {
    earlier = await earlierVersion(line => process.stderr.write(`${line}\n`))
    mesh = await MeshOnCluster.up('upgrade', ['global.mtls.enabled=true'], earlier)
    old = await mesh.namespace('yard')
    await mesh.world.apply(...echoApp('yard'))
    await mesh.settled('yard')
  }, 900_000)

  afterAll(() => mesh?.down())

  async function restarted(namespace: string): Promise<void> {
    await mesh.kubectl('rollout', 'restart', '-n', namespace, 'deployment/echo')
    await mesh.kubectl('rollout', 'status', '-n', namespace, 'deployment/echo', '--timeout=150s')
  }

  /** Tags of the sidecars' images in pods that are not on their way out. */
  async function sidecars(namespace: string, selector = 'app=echo'): Promise<readonly string[]> {
    const { items } = JSON.parse(await mesh.kubectl('get', 'pods', '-n', namespace, '-l', selector, '-o', 'json'))
    const there: readonly KubePod[] = items.filter(({ metadata }: KubePod) => metadata.deletionTimestamp === undefined)
    const containers = there.flatMap(({ spec }) => [...spec.containers, ...(spec.initContainers ?? [])])
    return containers.filter(({ name }) => name === 'istio-proxy').map(({ image }) => image.split(':').at(-1) ?? '')
  }

  /** New configuration reaches the sidecar of the caller, which is of the earlier version all the time. */
  async function configurationArrives(mark: string): Promise<void> {
    const route = { headers: { response: { set: { 'x-mark': mark } } }, route: [{ destination: { host: 'echo' } }] }
    const metadata = { name: 'echo', namespace: 'yard' }
    await mesh.world.apply({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: { hosts: ['echo'], http: [route] },
    })
    await eventually(async () => {
      const [answer] = await mesh.call(old, 'http://echo.yard/')
      expect(answer?.headers?.['x-mark']).toBe(mark)
    }, FOLLOWS_MS)
    expect(await mesh.kubectl('get', 'pod', 'caller', '-n', 'yard', '-o', 'jsonpath={..image}')).toContain(`proxy:${earlier.tag}`)
  }

  /** Runs `act` under load from the old sidecar; no request may fail. */
  async function withoutLoss(act: () => Promise<void>, url = 'http://echo.yard/'): Promise<void> {
    const load = new SteadyLoad(mesh, old, url, PER_SECOND)
    try {
      await act()
    } finally {
      const answers = await load.stop()
      expect(answers.filter(({ status }) => status !== 200)).toEqual([])
      expect(answers.length).toBeGreaterThan(2 * PER_SECOND)
    }
  }

  test('[journey-45] in place and back: plan tells the changes, old sidecars work on and follow, no request fails', async () => {
    const plan = await mesh.meshctl('upgrade', 'plan', ...NEW_IMAGES)
    expect(plan).toMatch(/\[MU0106\] workloads of the control plane and gateways are replaced\n/)
    expect(plan).toMatch(/Deployment istio-system\/istiod: ~ .*image: ".*pilot:from-[0-9a-f]+" -> ".*pilot:e2e"\n/)
    expect(plan).toMatch(/\[MU0102\] new pods get a different sidecar/)
    expect(plan).toMatch(/yard +3\n/)
    await withoutLoss(async () => {
      await mesh.meshctl('upgrade', '-y', ...NEW_IMAGES)
      await configurationArrives('in place')
      await restarted('yard')
      expect(await sidecars('yard')).toEqual([TAG, TAG])
      await mesh.meshctlOf(earlier, 'upgrade', '-y', '--set', `global.tag=${earlier.tag}`)
      await configurationArrives('and back')
      await restarted('yard')
      expect(await sidecars('yard')).toEqual([earlier.tag, earlier.tag])
    })
  }, 600_000)

  test('[journey-45] by revision: a tag moves one namespace, promote the others, one command leads back, no request fails', async () => {
    await mesh.meshctl('tag', 'set', 'prod', '--revision', 'default')
    await mesh.namespace('shop', { 'istio.io/rev': 'prod' })
    await mesh.world.apply(...echoApp('shop'))
    await mesh.settled('shop')
    expect(await sidecars('shop')).toEqual([earlier.tag, earlier.tag])
    const load = new SteadyLoad(mesh, old, 'http://echo.shop/', PER_SECOND)
    await withoutLoss(async () => {
      await mesh.meshctl('upgrade', 'start', '--to', 'next', ...NEW_IMAGES)
      await mesh.meshctl('tag', 'set', 'prod', '--revision', 'next', '--overwrite')
      await restarted('shop')
      expect(await sidecars('shop')).toEqual([TAG, TAG])
      await configurationArrives('two control planes')
      expect(await mesh.meshctl('upgrade', 'status')).toMatch(/shop +1 +2\n/)
      await mesh.meshctl('upgrade', 'promote')
      await restarted('yard')
      expect(await sidecars('yard')).toEqual([TAG, TAG])
      expect(await mesh.meshctl('upgrade', 'status')).toMatch(/yard +1 +2\n/)
      await mesh.meshctl('upgrade', 'rollback')
      for (const namespace of ['yard', 'shop']) {
        await restarted(namespace)
        expect(await sidecars(namespace)).toEqual([earlier.tag, earlier.tag])
      }
      await configurationArrives('rolled back')
    })
    expect((await load.stop()).filter(({ status }) => status !== 200)).toEqual([])
    expect(await mesh.kubectl('get', 'deployments', '-n', 'istio-system', '-o', 'name')).not.toContain('next')
  }, 600_000)

  test('[journey-45] finish: the new revision takes over what both shared, sidecars of the old one work on, no request fails', async () => {
    await withoutLoss(async () => {
      await mesh.meshctl('upgrade', 'start', '--to', 'next', ...NEW_IMAGES)
      await mesh.meshctl('upgrade', 'promote')
      await restarted('yard')
      expect(await mesh.meshctl('upgrade', 'finish', '-y')).toContain('Revision next is the control plane; default is gone.')
      expect(await sidecars('yard')).toEqual([TAG, TAG])
    })
    const images = await mesh.kubectl('get', 'deployments', '-n', 'istio-system', '-o', 'jsonpath={..image}')
    expect(images).not.toContain(earlier.tag)
    const { checks }: { checks: readonly CheckLine[] } = JSON.parse(
      (await meshctl(mesh.world, 'check', '--revision', 'next', '-o', 'json')).out,
    )
    expect(checks.filter(({ outcome }) => outcome === 'error')).toEqual([])
  }, 400_000)
})

interface CheckLine {
  readonly outcome: string
}

interface KubePod {
  readonly metadata: { readonly deletionTimestamp?: string }
  readonly spec: { readonly containers: readonly KubeContainer[]; readonly initContainers?: readonly KubeContainer[] }
}

interface KubeContainer {
  readonly name: string
  readonly image: string
}
