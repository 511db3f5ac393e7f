import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { DirectorySecretStore } from './directory-secret-store.ts'

let root: string
let directory: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'secrets-'))
  directory = join(root, 'state')
})
afterEach(() => rmSync(root, { recursive: true }))

function data(text: string): Map<string, Buffer> {
  return new Map([
    ['ca-cert.pem', Buffer.from(`cert ${text}`)],
    ['ca-key.pem', Buffer.from(`key ${text}`)],
  ])
}

describe('DirectorySecretStore', () => {
  it('knows nothing of a secret before it is created, and all of it afterwards', async () => {
    const store = new DirectorySecretStore(directory)
    expect(await store.read('root')).toBeUndefined()
    expect(await store.create('root', data('1'))).toBe('created')
    expect(await new DirectorySecretStore(directory).read('root')).toEqual(data('1'))
  })

  it('never overwrites', async () => {
    const store = new DirectorySecretStore(directory)
    await store.create('root', data('1'))
    expect(await store.create('root', data('2'))).toBe('exists')
    expect(await store.read('root')).toEqual(data('1'))
    expect(readdirSync(directory)).toEqual(['root'])
  })

  it('lets exactly one of many writers win', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => new DirectorySecretStore(directory).create('root', data(String(i)))),
    )
    expect(outcomes.filter(outcome => outcome === 'created')).toHaveLength(1)
    expect(readdirSync(directory)).toEqual(['root'])
  })

  it('shows files and folders to nobody else', async () => {
    await new DirectorySecretStore(directory).create('root', data('1'))
    const modes = ['', 'root', 'root/ca-key.pem'].map(path => (statSync(join(directory, path)).mode & 0o777).toString(8))
    expect(modes).toEqual(['700', '700', '600'])
  })

  it('refuses a key that others can read', async () => {
    const store = new DirectorySecretStore(directory)
    await store.create('root', data('1'))
    chmodSync(join(directory, 'root/ca-key.pem'), 0o644)
    await expect(store.read('root')).rejects.toMatchObject({ code: 'SECRET_EXPOSED' })
  })

  it('rejects when it cannot know whether the secret exists', async () => {
    writeFileSync(directory, 'a file where the folder should be')
    const store = new DirectorySecretStore(directory)
    await expect(store.read('root')).rejects.toMatchObject({ code: 'SECRET_STORE' })
    await expect(store.create('root', data('1'))).rejects.toMatchObject({ code: 'SECRET_STORE' })
  })

  it.each(['../x', '', 'a/b', '.hidden'])('refuses the name %j', async name => {
    await expect(new DirectorySecretStore(directory).read(name)).rejects.toThrow(TypeError)
  })
})
