import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KubeWorld } from './kube-world.ts'
import { IMAGE_SETS, meshctl } from './run-in-world.ts'

interface Report {
  readonly checks: readonly { readonly name: string; readonly outcome: string; readonly problems: readonly string[] }[]
}

describe('meshctl check and verify on a cluster with pods (part 9)', () => {
  let world: KubeWorld

  beforeAll(async () => {
    world = await KubeWorld.up('check')
  }, 900_000)

  afterAll(() => world?.down())

  /** Names of the checks that found something, with what they found. */
  async function errors(...args: readonly string[]): Promise<Readonly<Record<string, readonly string[]>>> {
    const { out } = await meshctl(world, 'check', '-o', 'json', ...args)
    const { checks }: Report = JSON.parse(out)
    return Object.fromEntries(checks.filter(({ outcome }) => outcome === 'error').map(({ name, problems }) => [name, problems]))
  }

  test('[journey-3] --pre is all right before an installation', async () => {
    const { code, out } = await meshctl(world, 'check', '--pre')
    expect([out, code]).toEqual([expect.not.stringContaining('✘'), 0])
  })

  test('a mesh that was just installed has no error, and its objects are as installed', async () => {
    expect((await meshctl(world, 'install', '-y', '--readiness-timeout', '120s', ...IMAGE_SETS)).code).toBe(0)
    await expect.poll(() => errors(), { timeout: 60_000, interval: 2000 }).toEqual({})
    const { code, out } = await meshctl(world, 'verify')
    expect([out, code]).toEqual([expect.stringMatching(/✔ (\d+) of \1 objects are as installed/), 0])
  }, 300_000)

  test('a pilot that does not run is named by all who need it', async () => {
    await world.kubectl('-n', 'istio-system', 'scale', 'deployment', 'istiod', '--replicas=0')
    await expect
      .poll(async () => Object.keys(await errors()), { timeout: 60_000, interval: 2000 })
      .toEqual(expect.arrayContaining(['pilot-endpoints', 'pilot-answers', 'injector-reachable']))
    expect((await meshctl(world, 'verify')).out).toMatch(/✘ Deployment istio-system\/istiod: differs[\s\S]*spec\.replicas/)
  }, 120_000)
})
