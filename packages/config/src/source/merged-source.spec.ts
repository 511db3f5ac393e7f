import { expect, test } from 'vitest'
import { describeConfigSource } from '../contract/describe-config-source.ts'
import { MemorySource } from './memory-source.ts'
import { MergedSource } from './merged-source.ts'
import type { ConfigBatch } from './source.ts'

describeConfigSource('merged', documents => {
  const [first, second] = [new MemorySource(documents.slice(0, 1)), new MemorySource(documents.slice(1))]
  const home = new Map(documents.slice(0, 1).map(document => [nameOf(document), first]))
  return Promise.resolve({
    source: new MergedSource([first, second]),
    put: document => Promise.resolve((home.get(nameOf(document)) ?? second).apply([document])),
    remove: key => Promise.resolve((home.get(key.name) ?? second).delete([key])),
    dispose: () => Promise.resolve(),
  })
})

function nameOf({ metadata }: Readonly<Record<string, unknown>>): string {
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata ? String(metadata.name) : ''
}

test('of two objects with one name the earlier source wins, and the other names its place', async () => {
  const object = (type: string): unknown => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type })
  const [first, second] = [new MemorySource([object('first')]), new MemorySource([object('second')])]
  const merged = new MergedSource([first, second])
  const batches: ConfigBatch[] = []
  await merged.start(batch => batches.push(batch))
  expect(batches[0]?.upserts).toMatchObject([{ spec: { type: 'first' } }])
  expect(batches[0]?.rejections[0]?.violations).toMatchObject([
    { code: 'duplicate-object', message: 'Secret/default/s is already defined at memory:1' },
  ])
  first.delete([{ kind: 'Secret', namespace: 'default', name: 's' }])
  expect(batches[1]).toMatchObject({ upserts: [{ spec: { type: 'second' } }], deletes: [], rejections: [] })
  await merged.close()
})
