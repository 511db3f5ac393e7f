import { ManualClock } from '@meshwork/testkit/clock'
import { readText } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import type { Logger } from '@meshwork/core/log'
import { expect, test } from 'vitest'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { Advisor } from './advisor.ts'

const ROUTE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [reviews]
  http:
    - route:
        - destination: {host: nobody}
`

test('tells a finding once for as long as it holds, and again when it is back', () => {
  const lines: unknown[] = []
  const clock = new ManualClock()
  const log: Pick<Logger, 'warn'> = { warn: (_, fields) => void lines.push(fields) }
  const advisor = new Advisor({ clock, log })
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  const change = (text: string): void => {
    const { objects } = readText(text, 'r.yaml')
    store.apply('test', { upserts: objects, deletes: [], rejections: [] })
    advisor.changed(store.current())
    clock.advance(1000)
  }
  change(ROUTE)
  expect(lines).toMatchObject([
    { code: 'IST0101', object: 'VirtualService/default/reviews', file: 'r.yaml', reason: expect.stringContaining('nobody') },
  ])
  change(`${ROUTE}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n`)
  expect(lines).toHaveLength(1)
  change(ROUTE.replace('nobody', '"*.wild"'))
  expect(advisor.findings().filter(({ code }) => code === 'IST0101')).toEqual([])
  change(ROUTE)
  expect(lines).toHaveLength(2)
})
