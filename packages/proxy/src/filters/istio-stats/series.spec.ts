import { type Slot, StatsRegistry } from '@meshwork/core/metrics'
import { expect, test } from 'vitest'
import { OwnTags } from './own-tags.ts'
import { SeriesTable } from './series.ts'

test('what clients send cannot make more than a bounded number of series', () => {
  const stats = new StatsRegistry()
  const table = new SeriesTable<Slot | null>(stats, { dropped: new Set(), tags: new OwnTags(new Map()) }, slotOf =>
    slotOf('counter', 'requests_total'),
  )
  for (let i = 0; i < 5000; i++) {
    const requests = table.find(`host-${i}`, [], () => ({ destination_service: `host-${i}` }))
    if (requests !== null) stats.add(requests, 1)
  }
  const metrics = [...stats.metrics()].filter(({ family }) => family === 'istio_requests_total')
  expect(metrics).toHaveLength(2001)
  const overflow = metrics.find(({ labels }) => labels['destination_service'] === '__overflow__')
  expect(stats.value(overflow?.slot ?? -1)).toBe(3000)
})
