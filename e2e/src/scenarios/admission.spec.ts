import { AcceptanceRig } from '@meshwork/testkit/acceptance'
import { envoyObstacle } from '@meshwork/testkit/mesh'
import { Random, randomWorld, reduce, validObject, type WrittenObject } from '@meshwork/testkit/random'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'

const obstacle = envoyObstacle()

/**
 * Long form, from another seed each time: `MESHWORK_PROPERTY_RUNS=5000 npm run e2e -- local admission`; `MESHWORK_PROPERTY_SEED`
 * repeats a run. The short form is always the same, so that a run of CI says something about the change and not about chance.
 */
const { MESHWORK_PROPERTY_RUNS: LONG_RUNS, MESHWORK_PROPERTY_SEED: GIVEN_SEED } = process.env
const RUNS = Number(LONG_RUNS ?? 60)
const SHORT_FORM_SEED = 791_742
const SEED = Number(GIVEN_SEED ?? (LONG_RUNS === undefined ? SHORT_FORM_SEED : Date.now() % 1_000_000))
/** Kinds that proxies see something of. EnvoyFilter is its author's own business (acceptance row 128). */
const KINDS = [
  'VirtualService',
  'VirtualService',
  'DestinationRule',
  'DestinationRule',
  'Gateway',
  'ServiceEntry',
  'WorkloadEntry',
  'Sidecar',
  'PeerAuthentication',
  'RequestAuthentication',
  'AuthorizationPolicy',
  'Telemetry',
  'MeshConfig',
] as const

function randomObjects(random: Random): readonly WrittenObject[] {
  return Array.from({ length: 1 + random.below(6) }, (_, i) => validObject(random.pick(KINDS), random.chance(0.3) ? 'gw' : `o${i}`, random))
}

function yamlOf(objects: readonly WrittenObject[]): string {
  return objects.map(object => stringify(object)).join('---\n')
}

describe.skipIf(obstacle !== null)(`whatever admission accepts${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let rig: AcceptanceRig

  beforeAll(async () => {
    rig = await AcceptanceRig.start({ base: randomWorld() })
  })

  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]()
  })

  it(
    `no proxy refuses (${RUNS} configurations from seed ${SEED})`,
    async () => {
      for (let i = 0; i < RUNS; i++) {
        const objects = randomObjects(new Random(SEED + i))
        const { refusals } = await rig.judge(yamlOf(objects))
        if (refusals.length === 0) continue
        const least = await reduce(objects, async candidate => (await rig.judge(yamlOf(candidate))).refusals.length > 0)
        expect.fail(`seed ${SEED + i}: ${JSON.stringify(refusals, null, 1)}\n${yamlOf(least)}`)
      }
    },
    RUNS * 2_000 + 120_000,
  )
})
