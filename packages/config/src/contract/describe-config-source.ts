import { afterEach, describe, expect, test } from 'vitest'
import { objectKeyText, type ObjectKey } from '../kinds/object.ts'
import { keyTextOf } from '../source/publisher.ts'
import type { ConfigBatch, ConfigSource } from '../source/source.ts'
import { StrictSource } from '../source/strict-source.ts'

/** A source with the means to change what it serves. Each change must reach the sink by itself. */
export interface SourceHarness {
  readonly source: ConfigSource
  put(document: Readonly<Record<string, unknown>>): Promise<void>
  remove(key: ObjectKey): Promise<void>
  /** Releases what the harness made; the source is closed by the suite. */
  dispose(): Promise<void>
}

/** Makes a fresh source that serves these documents. */
export type SourceFactory = (documents: readonly Readonly<Record<string, unknown>>[]) => Promise<SourceHarness>

const PATIENCE = { timeout: 5000, interval: 5 }

/** The rules of `ConfigSource`, as tests that every implementation runs. */
export function describeConfigSource(name: string, factory: SourceFactory): void {
  describe(`${name} as a configuration source`, () => {
    const open: Session[] = []
    const begin = async (...documents: readonly Readonly<Record<string, unknown>>[]): Promise<Session> => {
      const session = new Session(await factory(documents))
      open.push(session)
      return session
    }

    afterEach(async () => {
      await Promise.all(open.splice(0).map(session => session.end()))
    })

    test('the first batch is the full state and comes before start resolves', async () => {
      const session = await begin(route('a'), route('b'))
      await session.start()
      expect(session.batches).toHaveLength(1)
      expect(session.objects()).toEqual(['VirtualService/default/a', 'VirtualService/default/b'])
      expect(session.rejections()).toEqual([])
    })

    test('an empty source delivers an empty first batch', async () => {
      const session = await begin()
      await session.start()
      expect(session.batches).toEqual([{ upserts: [], deletes: [], rejections: [] }])
    })

    test('objects are parsed, defaulted and frozen', async () => {
      const session = await begin(route('a'))
      await session.start()
      const [object] = session.batches[0]?.upserts ?? []
      expect(object).toMatchObject({ kind: 'VirtualService', meta: { namespace: 'default' }, spec: { gateways: ['mesh'], hosts: ['a'] } })
      expect(Object.isFrozen(object?.spec)).toBe(true)
    })

    test('additions, updates and deletions come as batches of what changed', async () => {
      const session = await begin(route('a'), route('b'))
      await session.start()
      await session.harness.put(route('c'))
      await session.until(() => session.objects().includes('VirtualService/default/c'))
      await session.harness.put(route('b', { timeout: '3s' }))
      await session.until(() => JSON.stringify(session.spec('VirtualService/default/b')).includes('3000'))
      await session.harness.remove(key('a'))
      await session.until(() => !session.objects().includes('VirtualService/default/a'))
      const later = session.batches.slice(1)
      expect(later.flatMap(batch => batch.upserts.map(keyTextOf))).toEqual(['VirtualService/default/c', 'VirtualService/default/b'])
      expect(later.flatMap(batch => batch.deletes.map(objectKeyText))).toEqual(['VirtualService/default/a'])
    })

    test('a refused update keeps the last valid version until it is repaired', async () => {
      const session = await begin(route('a', { timeout: '1s' }), route('b'))
      await session.start()
      await session.harness.put(route('a', { timeout: 'soon', retrise: {} }))
      await session.until(() => session.rejections().length === 1)
      expect(session.batches.at(-1)?.rejections[0]).toMatchObject({ key: key('a') })
      expect(session.rejections()[0]?.toSorted()).toEqual(['spec.http[0].retrise unknown-field', 'spec.http[0].timeout bad-duration'])
      expect(session.spec('VirtualService/default/a')).toMatchObject({ http: [{ timeoutMs: 1000 }] })
      await session.harness.put(route('a', { timeout: '2s' }))
      await session.until(() => session.rejections().length === 0)
      expect(session.spec('VirtualService/default/a')).toMatchObject({ http: [{ timeoutMs: 2000 }] })
    })

    test('deleting a refused object ends its rejection', async () => {
      const session = await begin(route('a', { timeout: 'soon' }))
      await session.start()
      expect(session.rejections()).toHaveLength(1)
      expect(session.objects()).toEqual([])
      await session.harness.remove(key('a'))
      await session.until(() => session.rejections().length === 0)
    })

    test('kinds of others are left alone', async () => {
      const session = await begin({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: {} }, route('b'))
      await session.start()
      expect(session.objects()).toEqual(['VirtualService/default/b'])
      expect(session.rejections()).toEqual([])
    })

    test('nothing comes after close, and close may be called twice', async () => {
      const session = await begin(route('a'))
      await session.start()
      await session.source.close()
      await session.harness.put(route('b'))
      await session.source.close()
      expect(session.batches).toHaveLength(1)
    })
  })
}

/** What a user of the source has seen. */
class Session {
  readonly harness: SourceHarness
  readonly source: StrictSource
  readonly batches: ConfigBatch[] = []
  private readonly current = new Map<string, unknown>()

  constructor(harness: SourceHarness) {
    this.harness = harness
    this.source = new StrictSource(harness.source)
  }

  start(): Promise<void> {
    return this.source.start(batch => {
      this.batches.push(batch)
      for (const deleted of batch.deletes) this.current.delete(objectKeyText(deleted))
      for (const object of batch.upserts) this.current.set(keyTextOf(object), object.spec)
    })
  }

  objects(): readonly string[] {
    return [...this.current.keys()].toSorted()
  }

  spec(keyText: string): unknown {
    return this.current.get(keyText)
  }

  /** Path and code of the violations of each rejection in force. */
  rejections(): readonly (readonly string[])[] {
    return (this.batches.at(-1)?.rejections ?? []).map(({ violations }) => violations.map(({ path, code }) => `${path} ${code}`))
  }

  until(condition: () => boolean): Promise<void> {
    return expect.poll(condition, PATIENCE).toBe(true)
  }

  async end(): Promise<void> {
    await this.source.close()
    await this.harness.dispose()
  }
}

function key(name: string): ObjectKey {
  return { kind: 'VirtualService', namespace: 'default', name }
}

function route(name: string, settings: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name },
    spec: { hosts: [name], http: [{ route: [{ destination: { host: name } }], ...settings }] },
  }
}
