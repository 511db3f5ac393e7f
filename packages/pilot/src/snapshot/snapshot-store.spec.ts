import { readText } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import type { ConfigBatch } from '@meshwork/config/source'
import { expect, test } from 'vitest'
import { SnapshotStore } from './snapshot-store.ts'

function batch(...documents: readonly string[]): ConfigBatch {
  const { objects, rejections } = readText(documents.join('\n---\n'), 'test.yaml')
  return { upserts: objects, deletes: [], rejections }
}

const deletion = (kind: string, name: string): ConfigBatch => ({
  upserts: [],
  deletes: [{ kind, namespace: 'default', name }],
  rejections: [],
})
const service = (name: string): string => `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {ports: [{port: 80}]}}`
const POD = '{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {}, status: {podIP: 10.0.0.1}}'
const BROKEN = '{apiVersion: v1, kind: Service, metadata: {name: broken}, spec: {ports: [{port: 0}]}}'

function storeOf(...documents: readonly string[]): SnapshotStore {
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  store.apply('files', batch(...documents))
  return store
}

test('a snapshot stays as it was when later batches come', () => {
  const store = storeOf(service('a'))
  const before = store.current()
  store.apply('files', batch(service('b'), POD))
  expect(store.current().registry.services).toHaveLength(2)
  store.apply('files', deletion('Service', 'a'))
  expect([...before.objects.keys()]).toEqual(['Service/default/a'])
  expect(before.registry.services.map(({ name }) => name)).toEqual(['a'])
  const after = store.current()
  expect([...after.objects.keys()]).toEqual(['Service/default/b', 'Pod/default/p'])
  expect(after.registry.services.map(({ name }) => name)).toEqual(['b'])
})

test('a batch tells what it changed, and counts for the kinds that it changed', () => {
  const store = storeOf(service('a'))
  expect(store.apply('files', batch(POD))).toBe('endpoints')
  expect(store.apply('files', batch(POD, service('a')))).toBe('config')
  expect(store.apply('files', deletion('Service', 'nobody'))).toBe('none')
  expect(store.apply('files', deletion('Pod', 'p'))).toBe('endpoints')
  expect(store.current()).toMatchObject({
    revision: 4,
    revisions: new Map([
      ['Service', 3],
      ['Pod', 4],
    ]),
  })
})

test('what one source had refused stays refused whatever the others say', () => {
  const store = storeOf(service('a'), BROKEN)
  store.apply('api server', batch(service('b')))
  expect(store.current().rejections.map(({ key }) => key?.name)).toEqual(['broken'])
  store.apply('files', batch(service('a')))
  expect(store.current().rejections).toEqual([])
})
