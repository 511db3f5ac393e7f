import { describe, expect, test } from 'vitest'
import { MemorySource } from './memory-source.ts'
import type { ConfigBatch, ConfigSource } from './source.ts'
import { StrictSource } from './strict-source.ts'

const EMPTY: ConfigBatch = { upserts: [], deletes: [], rejections: [] }
const KEY = { kind: 'Pod', namespace: 'default', name: 'p' }

/** A source that misbehaves as told. */
function source(start: (sink: (batch: ConfigBatch) => void) => void): ConfigSource {
  return { start: sink => Promise.resolve(start(sink)), close: () => Promise.resolve() }
}

describe('StrictSource', () => {
  test.each<[string, (sink: (batch: ConfigBatch) => void) => void]>([
    ['before the first batch', () => undefined],
    ['the first batch deletes', sink => sink({ ...EMPTY, deletes: [KEY] })],
    ['never delivered', sink => [EMPTY, { ...EMPTY, deletes: [KEY] }].forEach(sink)],
    ['in one batch twice', sink => [EMPTY, { ...EMPTY, deletes: [KEY, KEY] }].forEach(sink)],
    ['without violations', sink => sink({ ...EMPTY, rejections: [{ key: KEY, origin: { file: 'f', line: 1 }, violations: [] }] })],
  ])('throws: %s', async (message, start) => {
    await expect(new StrictSource(source(start)).start(() => undefined)).rejects.toThrow(message)
  })

  test('throws if a batch comes while another one is being taken', async () => {
    let reenter: (batch: ConfigBatch) => void = () => undefined
    const strict = new StrictSource(
      source(sink => {
        reenter = sink
        sink(EMPTY)
      }),
    )
    await expect(strict.start(() => reenter(EMPTY))).rejects.toThrow('while another one')
  })

  test('throws at a second start and at a batch after close', async () => {
    const strict = new StrictSource(new MemorySource())
    await strict.start(() => undefined)
    await expect(strict.start(() => undefined)).rejects.toThrow('twice')
    let late: (batch: ConfigBatch) => void = () => undefined
    const closed = new StrictSource(
      source(sink => {
        late = sink
        sink(EMPTY)
      }),
    )
    await closed.start(() => undefined)
    await closed.close()
    expect(() => late(EMPTY)).toThrow('after close')
  })
})
