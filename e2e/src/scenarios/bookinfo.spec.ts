import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh, MeshReply } from '../backend/mesh.ts'
import { answeredBy, echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { object } from '../mesh/told-objects.ts'

/** What users of Istio have; beside the repository, not part of it. */
const SAMPLES = path.resolve(import.meta.dirname, '../../../../shared/samples')
const CALLER = 'productpage-v1'
const REVIEWS = 'reviews:9080'
const RATINGS = 'ratings:9080'
const STRICT = object('PeerAuthentication', 'all', '{mtls: {mode: STRICT}}', 'default', 'security.istio.io/v1')
const JASON = { 'end-user': 'jason' }

describe.skipIf(!existsSync(SAMPLES))("bookinfo's networking samples on traffic", () => {
  let mesh: Mesh

  beforeAll(async () => {
    const services = [
      { name: 'productpage', port: 9080, versions: ['v1'] },
      { name: 'details', port: 9080, versions: ['v1', 'v2'] },
      { name: 'ratings', port: 9080, versions: ['v1', 'v2', 'v2-mysql', 'v2-mysql-vm'] },
      { name: 'reviews', port: 9080, versions: ['v1', 'v2', 'v3'] },
    ]
    mesh = await chosenBackend().start({ name: 'bookinfo', services, config: {} })
  })

  afterAll(async () => {
    await mesh?.[Symbol.asyncDispose]()
  })

  async function reviews(headers: Readonly<Record<string, string>> = {}): Promise<string> {
    return echoed(await mesh.request(CALLER, { host: REVIEWS, headers })).name
  }

  function ratings(headers: Readonly<Record<string, string>> = {}): Promise<MeshReply> {
    return mesh.request(CALLER, { host: RATINGS, headers })
  }

  describe.each(['istio-1.0', 'istio-now'])('of %s', generation => {
    const sample = (name: string): string => readFileSync(path.join(SAMPLES, generation, 'bookinfo/networking', `${name}.yaml`), 'utf8')
    const use = (name: string): Promise<void> => mesh.apply('routes', sample(name))

    beforeAll(async () => {
      await mesh.apply('subsets', sample('destination-rule-all'))
    })

    it('all-v1: everybody gets v1', async () => {
      await use('virtual-service-all-v1')
      await eventually(async () => expect(await answeredBy(mesh, CALLER, { host: REVIEWS }, 20)).toEqual({ 'reviews-v1': 20 }))
    })

    it('reviews-v3: everybody gets v3', async () => {
      await use('virtual-service-reviews-v3')
      await eventually(async () => expect(await answeredBy(mesh, CALLER, { host: REVIEWS }, 20)).toEqual({ 'reviews-v3': 20 }))
    })

    it('reviews-test-v2: jason gets v2, others v1', async () => {
      await use('virtual-service-reviews-test-v2')
      await eventually(async () => expect(await reviews(JASON)).toBe('reviews-v2'))
      expect(await reviews()).toBe('reviews-v1')
      expect(await reviews({ 'end-user': 'ann' })).toBe('reviews-v1')
    })

    it('reviews-jason-v2-v3: jason gets v2, others v3', async () => {
      await use('virtual-service-reviews-jason-v2-v3')
      await eventually(async () => expect(await reviews()).toBe('reviews-v3'))
      expect(await reviews(JASON)).toBe('reviews-v2')
    })

    it.each([
      ['virtual-service-reviews-v2-v3', 'reviews-v2', 'reviews-v3', 50],
      ['virtual-service-reviews-50-v3', 'reviews-v1', 'reviews-v3', 50],
      ['virtual-service-reviews-90-10', 'reviews-v1', 'reviews-v2', 10],
      ['virtual-service-reviews-80-20', 'reviews-v1', 'reviews-v2', 20],
    ])('%s: %s and %s, %d percent of the latter', async (name, most, rest, percent) => {
      await use(name)
      await eventually(async () =>
        expect(Object.keys(await answeredBy(mesh, CALLER, { host: REVIEWS }, 60)).toSorted()).toEqual([most, rest].toSorted()),
      )
      const counts = await answeredBy(mesh, CALLER, { host: REVIEWS }, 300)
      // Four standard deviations of 300 draws at one half are 35.
      expect(Math.abs((counts[rest] ?? 0) - 3 * percent)).toBeLessThan(35)
    })

    it.each([
      ['virtual-service-details-v2', { details: 'details-v2' }],
      ['virtual-service-ratings-db', { reviews: 'reviews-v3', ratings: 'ratings-v2' }],
      ['virtual-service-ratings-mysql', { reviews: 'reviews-v3', ratings: 'ratings-v2-mysql' }],
      ['virtual-service-ratings-mysql-vm', { reviews: 'reviews-v3', ratings: 'ratings-v2-mysql-vm' }],
    ])('%s: %o', async (name, told) => {
      await use(name)
      for (const [service, pod] of Object.entries(told)) {
        await eventually(async () => expect(await answeredBy(mesh, CALLER, { host: `${service}:9080` }, 20)).toEqual({ [pod]: 20 }))
      }
    })

    it('all-mtls: the subsets are reached in mutual TLS, as the policy then demands', async () => {
      await mesh.apply('policy', STRICT)
      await mesh.apply('subsets', sample('destination-rule-all-mtls'))
      await use('virtual-service-all-v1')
      const direct = (): Promise<MeshReply> => mesh.requestWithoutProxy('reviews-v1', { host: REVIEWS })
      await eventually(async () => expect((await direct()).status).toBe(0))
      await eventually(async () => expect(await answeredBy(mesh, CALLER, { host: REVIEWS }, 20)).toEqual({ 'reviews-v1': 20 }))
      await mesh.remove('policy')
      await mesh.apply('subsets', sample('destination-rule-all'))
      await eventually(async () => expect((await direct()).status).toBe(200))
    })

    // 1.0 has no such file.
    if (generation === 'istio-now') {
      it('fault-injection-details-v1: every answer is 555', async () => {
        await mesh.apply('subsets', sample('destination-rule-all').replace(/---\n(?:(?!---)[^])*host: details[^]*$/, ''))
        await use('fault-injection-details-v1')
        await eventually(async () => expect((await mesh.request(CALLER, { host: 'details:9080' })).status).toBe(555))
        await mesh.apply('subsets', sample('destination-rule-all'))
      })
    }

    it('ratings-test-abort: jason gets 500, others an answer', async () => {
      await use('virtual-service-ratings-test-abort')
      await eventually(async () => expect((await ratings(JASON)).status).toBe(500))
      expect((await ratings()).status).toBe(200)
    })

    it('ratings-test-delay: jason waits seven seconds, others do not', async () => {
      await use('virtual-service-ratings-test-delay')
      await eventually(async () => expect((await ratings(JASON)).durationMs).toBeGreaterThanOrEqual(6900), 30_000)
      expect((await ratings()).durationMs).toBeLessThan(5000)
    })
  })
})
