import { objectKeyText } from '@meshwork/config/kinds'
import { type ConfigBatch, keyTextOf, MemorySource } from '@meshwork/config/source'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import { SourceWithSecrets } from './source-with-secrets.ts'

type Fields = Readonly<Record<string, unknown>>

const service = (namespace: string): Fields => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'gateway', namespace },
  spec: { ports: [{ name: 'http', port: 80 }] },
})
const secret = (namespace: string, data: Fields = {}): Fields => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace },
  data,
})

/** Here Services call for Secrets, to keep the test small. */
function setUp(): {
  readonly objects: MemorySource
  readonly secrets: ReadonlyMap<string, MemorySource>
  readonly opened: readonly string[]
  readonly source: SourceWithSecrets
  readonly clock: ManualClock
  readonly batches: readonly ConfigBatch[]
  readonly start: () => Promise<readonly string[]>
} {
  const objects = new MemorySource([service('a')])
  const secrets = new Map(['a', 'b'].map(namespace => [namespace, new MemorySource([secret(namespace)])]))
  const opened: string[] = []
  const namespaces = new Set<string>()
  const demand = {
    namespaces,
    take: ({ upserts, deletes }: ConfigBatch): void => {
      for (const { meta } of upserts) namespaces.add(meta.namespace)
      for (const { namespace } of deletes) namespaces.delete(namespace)
    },
  }
  const clock = new ManualClock()
  const secretsOf = (namespace: string): MemorySource => {
    opened.push(namespace)
    return secrets.get(namespace) ?? new MemorySource()
  }
  const source = new SourceWithSecrets({ source: objects, demand, secretsOf, clock })
  const batches: ConfigBatch[] = []
  const known = new Set<string>()
  const start = async (): Promise<readonly string[]> => {
    await source.start(batch => {
      batches.push(batch)
      for (const key of batch.deletes) known.delete(objectKeyText(key))
      for (const object of batch.upserts) known.add(keyTextOf(object))
    })
    return [...known]
  }
  return { objects, secrets, opened, source, clock, batches, start }
}

test('the first batch has the Secrets that its objects need, and no others are read', async () => {
  const { opened, start, batches, source } = setUp()
  expect(await start()).toEqual(['Service/a/gateway', 'Secret/a/s'])
  expect([opened, batches.length]).toEqual([['a'], 1])
  await source.close()
})

test('a namespace that comes is read then; one that goes is forgotten after a while, unless it comes back', async () => {
  const { objects, opened, clock, batches, source, start } = setUp()
  await start()
  objects.apply([service('b')])
  await expect.poll(() => batches.at(-1)?.upserts.map(keyTextOf)).toEqual(['Secret/b/s'])
  objects.delete([{ kind: 'Service', namespace: 'b', name: 'gateway' }])
  clock.advance(30_000)
  objects.apply([service('b')])
  clock.advance(60_000)
  expect(opened).toEqual(['a', 'b'])
  objects.delete([{ kind: 'Service', namespace: 'b', name: 'gateway' }])
  clock.advance(60_000)
  expect(batches.at(-1)?.deletes).toEqual([{ kind: 'Secret', namespace: 'b', name: 's' }])
  await source.close()
})

test('what is refused is told of all of them in every batch', async () => {
  const { objects, secrets, batches, source, start } = setUp()
  await start()
  secrets.get('a')?.apply([secret('a', { key: 7 })])
  objects.apply([service('b')])
  expect(batches.at(-1)?.rejections.map(({ key }) => key?.kind)).toEqual(['Secret'])
  secrets.get('a')?.apply([secret('a')])
  expect(batches.at(-1)?.rejections).toEqual([])
  await source.close()
})
