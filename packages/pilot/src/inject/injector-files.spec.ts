import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { afterEach, expect, test } from 'vitest'
import { InjectorFiles, injectorOf } from './injector-files.ts'

const facts = { revision: 'default', supportsNativeSidecars: true }
const made = (config: string, values = '{}') => injectorOf({ config, values, mesh: '' }, facts)
let folder = ''

afterEach(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['policy: enabled', 'config: no templates'],
  ['a: [', 'config: '],
  ['[]', 'config: not a mapping'],
  ['{templates: {a: "{{ nobody }}"}}', 'template a: '],
  ['{templates: {a: x}, defaultTemplates: [b]}', "config: defaultTemplates names 'b', which is no template"],
])('%s: %s', (config, message) => {
  expect(made(config)).toMatchObject({ kind: 'err', error: expect.stringContaining(message) })
})

test('values that are no mapping are named; a text that is too long is not read', () => {
  expect(made('{templates: {a: x}}', '[]')).toMatchObject({ error: 'values: not a mapping' })
  expect(made(`#${'x'.repeat(2 ** 20)}`)).toMatchObject({ error: 'config: longer than 1048576 characters' })
})

test('without files there is a reason, and no failure to start', async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'meshwork-injector-'))
  const files = new InjectorFiles({ ...facts, folder, meshFile: undefined, clock: systemClock, log: silentLogger })
  await files.start()
  expect(files.current).toMatchObject({ kind: 'err', error: expect.stringContaining('no such file') })
  await files.close()
  mkdirSync(path.join(folder, 'good'))
  writeFileSync(path.join(folder, 'good', 'config'), '{policy: enabled, templates: {sidecar: "spec: {}"}}')
  writeFileSync(path.join(folder, 'good', 'values'), '{}')
  const good = new InjectorFiles({
    ...facts,
    folder: path.join(folder, 'good'),
    meshFile: undefined,
    clock: systemClock,
    log: silentLogger,
  })
  await good.start()
  expect(good.current.kind).toBe('ok')
  await good.close()
})
