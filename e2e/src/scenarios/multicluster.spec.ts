import { podNetworkObstacle } from '@meshwork/testkit/net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ClusterWorld } from '../mesh/cluster-world.ts'
import { dialled } from '../mesh/cluster-world-objects.ts'
import { eventually } from '../mesh/eventually.ts'

const obstacle = podNetworkObstacle()
const CLUSTERS = ['east', 'west'] as const
const LIMIT_MS = 30_000
const START_LIMIT_MS = 120_000

/** Near endpoints first, and far ones when those fail. */
const NEAR_FIRST = `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: shared, namespace: default}
spec:
  host: shared.default.svc.cluster.local
  trafficPolicy: {outlierDetection: {consecutive5xxErrors: 1, interval: 1s, baseEjectionTime: 60s, maxEjectionPercent: 100}}
`

interface Echoed {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
}

const WORLDS = {
  'one-network': 'two clusters on one network',
  'labelled-networks': 'two clusters on networks apart, joined by gateways',
  'stated-networks': 'two clusters on networks apart by the meshNetworks of the mesh (part 11)',
} as const

for (const joining of ['one-network', 'labelled-networks', 'stated-networks'] as const) {
  const what = WORLDS[joining]
  describe.skipIf(obstacle !== null)(`${what}${obstacle === null ? '' : ` (${obstacle})`}`, () => {
    let world: ClusterWorld

    beforeAll(async () => {
      world = await ClusterWorld.start({ joining, rules: NEAR_FIRST })
    }, START_LIMIT_MS)

    afterAll(async () => {
      await world?.[Symbol.asyncDispose]()
    })

    async function call(from: 'east' | 'west', service: 'shared' | 'east' | 'west'): Promise<Echoed> {
      return JSON.parse(await world.call(from, dialled(from, service)))
    }

    it.each(CLUSTERS)('carry a request from %s to a service of the other cluster over mutual TLS', async from => {
      const to = from === 'east' ? 'west' : 'east'
      await eventually(async () => expect(await call(from, to)).toMatchObject({ name: `${to}-app` }), LIMIT_MS)
      const certificate = (await call(from, to)).headers['x-forwarded-client-cert']
      expect(certificate).toContain(`By=spiffe://cluster.local/ns/default/sa/${to}-app`)
      expect(certificate).toContain(`URI=spiffe://cluster.local/ns/default/sa/${from}-client`)
    })

    it('share services by name: the near pod answers, and the far one when the near one fails', async () => {
      for (const from of CLUSTERS) {
        await eventually(async () => expect(await call(from, 'shared')).toMatchObject({ name: `${from}-app` }), LIMIT_MS)
      }
      await world.stopApp('east-app')
      await eventually(async () => expect(await call('east', 'shared')).toMatchObject({ name: 'west-app' }), LIMIT_MS)
      for (let turn = 0; turn < 5; turn++) expect(await call('east', 'shared')).toMatchObject({ name: 'west-app' })
    })

    if (joining !== 'one-network') {
      it('have no way around the gateways', async () => {
        await expect(world.call('east', 'http://10.45.2.2:8080/', '-f')).rejects.toThrow(/exited with/)
      })
    }

    it('keep what they knew of a cluster whose objects become unreadable', async () => {
      const before = await world.page('/debug/endpointz')
      world.writeWest('kind: [')
      await eventually(async () => expect(await world.page('/debug/rejections')).toContain('west'), LIMIT_MS)
      expect(await world.page('/debug/endpointz')).toBe(before)
      expect(await call('east', 'west')).toMatchObject({ name: 'west-app' })
    })
  })
}
