import { type ConfigBatch, keyTextOf, MemorySource, StrictSource } from '@meshwork/config/source'
import { objectKeyText } from '@meshwork/config/kinds'
import { expect, test } from 'vitest'
import { RevisionSource } from './revision-source.ts'

const LABEL = 'istio.io/rev'

function entry(name: string, labels: Readonly<Record<string, string>> = {}, hosts: unknown = [`${name}.test`]): object {
  const spec = { hosts, ports: [{ number: 80, name: 'http', protocol: 'HTTP' }] }
  return { apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata: { name, namespace: 'shop', labels }, spec }
}

/** Of revision `canary`, to which the tags lead that are added. */
async function canary(...documents: readonly object[]): Promise<{
  readonly memory: MemorySource
  readonly batches: readonly ConfigBatch[]
  readonly names: () => readonly string[]
  readonly setTags: (...tags: readonly string[]) => void
}> {
  const memory = new MemorySource(documents)
  let tags = new Set(['canary'])
  let changed: () => void = () => undefined
  const revisions = {
    start: () => Promise.resolve(),
    has: (name: string) => tags.has(name),
    onChange: (listener: () => void) => (changed = listener),
  }
  const source = new StrictSource(new RevisionSource({ source: memory, names: revisions, kinds: new Set(['ServiceEntry']) }))
  const batches: ConfigBatch[] = []
  const known = new Map<string, string>()
  await source.start(batch => {
    batches.push(batch)
    for (const key of batch.deletes) known.delete(objectKeyText(key))
    for (const object of batch.upserts) known.set(keyTextOf(object), object.meta.name)
  })
  const setTags = (...names: readonly string[]): void => {
    tags = new Set(['canary', ...names])
    changed()
  }
  return { memory, batches, names: () => [...known.values()].toSorted(), setTags }
}

test('configuration for other revisions is kept back; what has no label, or none that says anything, is for all', async () => {
  const { names } = await canary(
    entry('all'),
    entry('any', { [LABEL]: '' }),
    entry('ours', { [LABEL]: 'canary' }),
    entry('theirs', { [LABEL]: 'x' }),
  )
  expect(names()).toEqual(['all', 'any', 'ours'])
})

test('a label that is added takes the object away, one that is removed brings it', async () => {
  const { memory, names, batches } = await canary(entry('a'))
  memory.apply([entry('a', { [LABEL]: 'other' }), entry('b', { [LABEL]: 'other' })])
  expect(names()).toEqual([])
  memory.apply([entry('a', { [LABEL]: 'canary' }), entry('b')])
  expect(names()).toEqual(['a', 'b'])
  memory.delete([{ kind: 'ServiceEntry', namespace: 'shop', name: 'b' }])
  expect(names()).toEqual(['a'])
  expect(batches.length).toBe(4)
})

test('objects of a tag follow it', async () => {
  const { names, setTags, batches } = await canary(entry('a', { [LABEL]: 'prod' }), entry('b'))
  expect(names()).toEqual(['b'])
  setTags('prod')
  expect(names()).toEqual(['a', 'b'])
  setTags('prod', 'test')
  expect(batches).toHaveLength(2)
  setTags()
  expect(names()).toEqual(['b'])
})

test('labels of what is no configuration say something else', async () => {
  const metadata = { name: 'reviews', namespace: 'shop', labels: { [LABEL]: 'other' } }
  const { names } = await canary({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ name: 'http', port: 80 }] } })
  expect(names()).toEqual(['reviews'])
})

test('what is refused of objects of other revisions is not told', async () => {
  const { memory, batches } = await canary(entry('theirs', { [LABEL]: 'other' }), entry('ours'))
  memory.apply([entry('theirs', { [LABEL]: 'other' }, 7), entry('ours', {}, 7)])
  expect(batches.at(-1)?.rejections.map(({ key }) => key?.name)).toEqual(['ours'])
})
