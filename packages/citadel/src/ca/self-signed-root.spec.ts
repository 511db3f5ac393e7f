import type { SecretData, SecretStore } from '@meshwork/core/ports'
import { EC_P256 } from '@meshwork/core/x509'
import { ManualClock } from '@meshwork/testkit/clock'
import { describe, expect, it } from 'vitest'

import { loadOrCreateRoot, ROOT_SECRET_NAME } from './self-signed-root.ts'

const DAY_MS = 86_400_000
const OPTIONS = { organization: 'cluster.local', keyAlgorithm: EC_P256, lifetimeMs: 3650 * DAY_MS }

class MemorySecretStore implements SecretStore {
  readonly secrets = new Map<string, SecretData>()
  unreachable = false
  /** Runs between the first reading and the writing, as another process would. */
  meanwhile: () => Promise<unknown> = () => Promise.resolve()

  read(name: string): Promise<SecretData | undefined> {
    return this.unreachable ? Promise.reject(new Error('500')) : Promise.resolve(this.secrets.get(name))
  }

  async create(name: string, data: SecretData): Promise<'created' | 'exists'> {
    await this.meanwhile()
    if (this.secrets.has(name)) return 'exists'
    this.secrets.set(name, data)
    return 'created'
  }
}

describe('loadOrCreateRoot', () => {
  it('makes a root once, and finds it again', async () => {
    const [store, clock] = [new MemorySecretStore(), new ManualClock()]
    const made = await loadOrCreateRoot(store, OPTIONS, clock)
    const found = await loadOrCreateRoot(store, { ...OPTIONS, organization: 'other' }, clock)
    expect(found.root.pem).toBe(made.root.pem)
    expect(made.root).toMatchObject({ subject: 'O=cluster.local', isCa: true, notAfterMs: clock.now() + 3650 * DAY_MS })
    expect(made.root.keyUsages).toEqual(['keyCertSign', 'cRLSign'])
  })

  it('makes no root when it cannot know whether there is one', async () => {
    const store = new MemorySecretStore()
    store.unreachable = true
    await expect(loadOrCreateRoot(store, OPTIONS, new ManualClock())).rejects.toThrow('500')
    expect(store.secrets.size).toBe(0)
  })

  it('takes the root of a process that was faster', async () => {
    const [store, clock] = [new MemorySecretStore(), new ManualClock()]
    let faster = ''
    store.meanwhile = async () => {
      store.meanwhile = () => Promise.resolve()
      faster = (await loadOrCreateRoot(store, OPTIONS, clock)).root.pem
    }
    expect((await loadOrCreateRoot(store, OPTIONS, clock)).root.pem).toBe(faster)
  })

  it('refuses a root that has expired, lacks its key, or has the key of another', async () => {
    const [store, clock] = [new MemorySecretStore(), new ManualClock()]
    await loadOrCreateRoot(store, OPTIONS, clock)
    const good = store.secrets.get(ROOT_SECRET_NAME) ?? new Map<string, Buffer>()
    const other = new MemorySecretStore()
    await loadOrCreateRoot(other, OPTIONS, clock)
    const foreignKey = other.secrets.get(ROOT_SECRET_NAME)?.get('ca-key.pem') ?? Buffer.alloc(0)
    for (const [entry, bytes] of [
      ['ca-key.pem', foreignKey],
      ['ca-key.pem', Buffer.alloc(0)],
      ['ca-cert.pem', Buffer.from('rubbish')],
    ] as const) {
      store.secrets.set(ROOT_SECRET_NAME, new Map([...good, [entry, bytes]]))
      await expect(loadOrCreateRoot(store, OPTIONS, clock)).rejects.toMatchObject({ code: 'ROOT_UNUSABLE' })
    }
    store.secrets.set(ROOT_SECRET_NAME, good)
    clock.advance(3650 * DAY_MS)
    await expect(loadOrCreateRoot(store, OPTIONS, clock)).rejects.toMatchObject({ code: 'ROOT_UNUSABLE' })
  })
})
