import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import { systemClock } from '@meshwork/core/time'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { MeshFileSource } from './mesh-file-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'mesh-settings-'))
const file = join(folder, 'mesh.yaml')
const open: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(text: string): void {
  writeFileSync(`${file}.next`, text)
  renameSync(`${file}.next`, file)
}

test('settings follow the file, and stay what they were when it goes bad or goes', async () => {
  write('accessLogFile: /dev/stdout\n')
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  const source = new MeshFileSource({ settings: file }, systemClock)
  open.push(() => source.close())
  await source.start(batch => store.apply('--mesh-config', batch))
  expect(store.current().mesh.accessLogFile).toBe('/dev/stdout')

  write('accessLogFile: /tmp/log\n')
  await vi.waitFor(() => expect(store.current().mesh.accessLogFile).toBe('/tmp/log'), { timeout: 5000 })

  write('acessLogFile: /tmp/other\n')
  await vi.waitFor(() => expect(store.current().rejections).toHaveLength(1), { timeout: 5000 })
  expect(store.current().mesh.accessLogFile).toBe('/tmp/log')

  rmSync(file)
  await vi.waitFor(() => expect(JSON.stringify(store.current().rejections)).toContain('no such file'), { timeout: 5000 })
  expect(store.current().mesh.accessLogFile).toBe('/tmp/log')
})

test('networks in a file of their own are part of the settings, and stay when that file goes bad', async () => {
  const networks = join(folder, 'meshNetworks')
  write('accessLogFile: /dev/stdout\n')
  writeFileSync(networks, 'networks: {one: {gateways: [{address: 192.0.2.1, port: 15443}]}}\n')
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  const source = new MeshFileSource({ settings: file, networks }, systemClock)
  open.push(() => source.close())
  await source.start(batch => store.apply('--mesh-config', batch))
  const gateways = (): unknown => store.current().networks.gateways
  expect(gateways()).toEqual([{ network: 'one', address: '192.0.2.1', port: 15443 }])
  expect(store.current().mesh.accessLogFile).toBe('/dev/stdout')

  writeFileSync(networks, 'networks: {one: {gatways: []}}\n')
  await vi.waitFor(() => expect(JSON.stringify(store.current().rejections)).toContain("did you mean 'gateways'?"), { timeout: 5000 })
  expect(gateways()).toHaveLength(1)

  writeFileSync(networks, 'networks: {}\n')
  await vi.waitFor(() => expect(gateways()).toEqual([]), { timeout: 5000 })
  expect(store.current().rejections).toEqual([])
})

test('a file of networks that is not there is told, and the settings count all the same', async () => {
  write('accessLogFile: /dev/stdout\n')
  const networks = join(folder, 'later')
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  const source = new MeshFileSource({ settings: file, networks }, systemClock)
  open.push(() => source.close())
  await source.start(batch => store.apply('--mesh-config', batch))
  expect(store.current().mesh.accessLogFile).toBe('/dev/stdout')
  expect(JSON.stringify(store.current().rejections)).toContain('no such file')

  writeFileSync(networks, 'networks: {one: {gateways: [{address: 192.0.2.1, port: 15443}]}}\n')
  await vi.waitFor(() => expect(store.current().networks.gateways).toHaveLength(1), { timeout: 5000 })
  expect(store.current().rejections).toEqual([])
})
