import { silentLogger } from '@meshwork/core/log'
import { ok } from '@meshwork/core/result'
import { ManualClock } from '@meshwork/testkit/clock'
import { XdsLink } from '@meshwork/testkit/xds'
import { describe, expect, it } from 'vitest'
import { SnapshotCache } from '../cache/snapshot-cache.ts'
import { XdsServer } from '../server/server.ts'
import { CLUSTER_TYPE, PROXY_READY_TYPE } from '../types/type-urls.ts'
import { XdsClient } from './client.ts'

const NODE = { id: 'n', cluster: '', metadata: {}, locality: { region: '', zone: '', subZone: '' }, userAgentName: '' }

describe.each(['sotw', 'delta'] as const)('a notice (%s)', variant => {
  const clock = new ManualClock()
  const log = silentLogger
  const told: (readonly [id: string, afterMs: number])[] = []
  const hooks = {
    ...{ connected: () => ok('view'), disconnected: () => undefined, acked: () => undefined, nacked: () => undefined },
    ready: ({ id }: { readonly id: string }, afterMs: number) => void told.push([id, afterMs]),
  }
  const server = new XdsServer({ cache: new SnapshotCache(), clock, log, hooks })
  const link = new XdsLink(server)
  const client = new XdsClient({ node: NODE, variant, open: link.open, clock, log })
  client.subscribe(
    { type: { typeUrl: CLUSTER_TYPE, absenceDeletes: true, decode: () => ok(null) }, apply: () => undefined },
    { kind: 'everything' },
  )

  it('waits for a stream that says who we are, and reaches the server once', async () => {
    client.tell(PROXY_READY_TYPE, ['812'])
    client.start()
    await link.settle()
    link.cut()
    clock.advance(60_000)
    await link.settle()
    expect(told).toEqual([['n', 812]])
    expect([...server.clients()].flatMap(({ types }) => [...types.keys()])).toEqual([CLUSTER_TYPE])
  })

  it('is heard once on a stream, and only if it is a number', async () => {
    for (const text of ['soon', '7', '8']) {
      client.tell(PROXY_READY_TYPE, [text])
      await link.settle()
    }
    expect(told).toEqual([
      ['n', 812],
      ['n', 7],
    ])
    client.close()
  })
})
