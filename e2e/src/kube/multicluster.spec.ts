import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { MeshPair, type Side } from './mesh-pair.ts'

const LIMIT_MS = 60_000

describe('two clusters, joined', () => {
  let pair: MeshPair

  beforeAll(async () => {
    pair = await MeshPair.up()
  }, 1_200_000)

  afterAll(() => pair?.down(), 120_000)

  function reaches(from: Side, to: Side): Promise<number> {
    return eventually(async () => {
      const { status, body } = await pair.call(from, `http://only-${to}:8080/`)
      expect({ status, body }).toMatchObject({ status: 200 })
      const { headers } = JSON.parse(body)
      expect(headers['x-forwarded-client-cert']).toContain(`By=spiffe://cluster.local/ns/shop/sa/only-${to}`)
      expect(headers['x-forwarded-client-cert']).toContain('URI=spiffe://cluster.local/ns/shop/sa/caller')
    }, LIMIT_MS)
  }

  test('before they are joined each knows its own services only', async () => {
    await reaches('east', 'east')
    expect(await pair.call('east', 'http://only-west:8080/')).toMatchObject({ status: 503, body: 'no healthy upstream' })
  })

  test('[journey-50] join verifies both, then a request over mutual TLS goes each way (part 11)', async () => {
    const joined = await pair.meshctl('cluster', 'join', pair.kubeconfig('east'), pair.kubeconfig('west'))
    expect(joined).toMatch(/follows west[^]*follows east/)
    await reaches('east', 'west')
    await reaches('west', 'east')
    await eventually(async () => {
      const list = await pair.meshctl('cluster', 'list', pair.kubeconfig('east'))
      expect(list).toMatch(/west +\S+ +synced +\d+ ms +same/)
    }, LIMIT_MS)
    await pair.meshctl('cluster', 'check', pair.kubeconfig('east'), pair.kubeconfig('west'))
  }, 180_000)

  test('[journey-50] a cluster that is lost does not affect the other one (part 11)', async () => {
    await pair.down('west')
    expect(await pair.meshctl('cluster', 'list', pair.kubeconfig('east'))).toContain('unreachable')
    await reaches('east', 'east')
  }, 180_000)
})
