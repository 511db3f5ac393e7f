import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDocuments } from '../file/read-documents.ts'
import { KINDS, objectParser, readRawObject } from './index.ts'

/** Recorded and collected input beside the repository; not part of it. */
const SHARED = path.resolve(import.meta.dirname, '../../../../../shared')
const FOLDERS = ['samples', 'conformance/traffic'].map(folder => path.join(SHARED, folder))
const parser = objectParser()

/** Versions of kinds that we read. */
const OURS = new Set(KINDS.flatMap(kind => kind.apiVersions.map(version => `${version} ${kind.kind}`)))

function yamlFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.yaml'))
    .map(file => path.join(folder, file))
    .toSorted()
}

/** The scenarios' placeholders for keys and tokens. */
function fill(text: string): string {
  return text
    .replaceAll(/\$\{pem64:[^}]+\}/g, 'cGVt')
    .replaceAll(/\$\{jwks:[^}]+\}/g, '{"keys":[]}')
    .replaceAll(/\$\{[a-z0-9]+:[^}]+\}/g, 'placeholder')
}

function violationsOf(file: string): { read: number; messages: string[] } {
  const { documents, mistakes } = readDocuments(fill(readFileSync(file, 'utf8')))
  const messages = mistakes.map(mistake => `${mistake.line}: ${mistake.message}`)
  let read = 0
  for (const document of documents) {
    const raw = readRawObject(document.value, { file, line: document.line }, 0)
    if (raw.kind === 'err' || !OURS.has(`${raw.value.apiVersion} ${raw.value.kind}`)) continue
    read++
    const outcome = parser.parse(raw.value)
    if (outcome.kind === 'violations') messages.push(...outcome.violations.map(v => `${document.lineOf(v.path)}: ${v.path} ${v.message}`))
  }
  return { read, messages }
}

for (const folder of FOLDERS) {
  // Skipped in a clone without the folder: the repository's own testdata covers the kinds.
  describe.skipIf(!existsSync(folder))(
    `objects of others in ${path.relative(SHARED, folder)} (needs shared/ beside the repository)`,
    () => {
      test('parse without violations', () => {
        const results = yamlFiles(folder).map(file => ({ file: path.relative(folder, file), ...violationsOf(file) }))
        expect(results.filter(result => result.messages.length > 0)).toEqual([])
        expect(results.reduce((sum, { read }) => sum + read, 0)).toBeGreaterThan(200)
      }, 60_000)
    },
  )
}
