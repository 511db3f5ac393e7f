import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import { systemClock } from '@meshwork/core/time'
import { afterEach, expect, test, vi } from 'vitest'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { MeshFileSource } from './mesh-file-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'mesh-settings-'))
const file = join(folder, 'mesh.yaml')
const open: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
  rmSync(folder, { recursive: true, force: true })
})

function write(text: string): void {
  writeFileSync(`${file}.next`, text)
  renameSync(`${file}.next`, file)
}

test('settings follow the file, and stay what they were when it goes bad or goes', async () => {
  write('accessLogFile: /dev/stdout\n')
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  const source = new MeshFileSource(file, systemClock)
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
