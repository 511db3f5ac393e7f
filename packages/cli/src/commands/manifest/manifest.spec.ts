import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { Io } from '../../command/io.ts'
import { runMeshctl } from '../../main.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-manifest-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' }
  const io: Io = { out: text => void (written.out += text), err: text => void (written.err += text), color: false }
  return { code: await runMeshctl(argv, io), ...written }
}

test('manifest crds prints YAML that kubectl takes: every document whole, without anchors', async () => {
  const { code, out } = await run('manifest', 'crds')
  expect(code).toBe(0)
  expect(out).not.toMatch(/[:-] [&*]\w/)
  const documents = parseAllDocuments(out).map(document => document.toJS() as { kind: string; metadata: { name: string } })
  expect(new Set(documents.map(({ kind }) => kind))).toEqual(new Set(['CustomResourceDefinition']))
  expect(documents.map(({ metadata }) => metadata.name)).toContain('virtualservices.networking.istio.io')
})

test('manifest schemas writes files whose references lead somewhere, and says how to use them', async () => {
  const { code, out } = await run('manifest', 'schemas', join(folder, 'new', 'schemas'))
  expect(code).toBe(0)
  expect(out).toContain(`$schema=${join(folder, 'new', 'schemas', 'all.json')}`)
  const all = readFileSync(join(folder, 'new', 'schemas', 'all.json'), 'utf8')
  const references = [...all.matchAll(/"\$ref": "([^"]+)"/g)].map(([, file = '']) => file)
  expect(references.length).toBeGreaterThan(50)
  expect(references.filter(file => !existsSync(join(folder, 'new', 'schemas', file)))).toEqual([])
})

test('a folder that cannot be is a failure with a next step', async () => {
  writeFileSync(join(folder, 'file'), '')
  const { code, err } = await run('manifest', 'schemas', join(folder, 'file'))
  expect(code).not.toBe(0)
  expect(err).toMatch(/^error SCHEMAS_NOT_WRITTEN: .*next: .*meshctl manifest schemas/)
})
