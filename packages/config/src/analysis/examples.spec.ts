import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileLocator, readFiles } from '../file/index.ts'
import { KINDS } from '../kinds/index.ts'
import { analyze } from './analyze.ts'
import { CODES } from './codes.ts'
import type { Finding } from './finding.ts'

const EXAMPLES = path.resolve(import.meta.dirname, '../../../../examples')
const BROKEN = path.join(EXAMPLES, 'broken')
const FIXED = path.join(EXAMPLES, 'fixed')
/** `IST0109-same-host-twice.yaml` holds the mistake of that code. */
const FILES = readdirSync(FIXED).toSorted()

async function findingsIn(folder: string): Promise<readonly Finding[]> {
  const { objects, rejections, documents } = await readFiles(folder)
  const known = rejections.filter(({ key }) => !NOT_READ_YET.has(key?.kind ?? ''))
  return analyze(objects, known, { documents, locate: fileLocator() })
}

/** Kinds whose documents only the rules look at so far. */
const NOT_READ_YET: ReadonlySet<string> = new Set(['EnvoyFilter'].filter(kind => !KINDS.map(each => `${each.kind}`).includes(kind)))

/** Codes of the findings of each file. */
function codesByFile(findings: readonly Finding[]): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(findings, ({ file }) => path.basename(file))
  return new Map([...groups].map(([file, all]) => [file, [...new Set(all.map(({ code }) => code))]]))
}

function codeOf(file: string): string {
  return file.slice(0, file.indexOf('-'))
}

describe('examples/broken', () => {
  let broken: readonly Finding[] = []
  beforeAll(async () => {
    broken = await findingsIn(BROKEN)
  })

  test('has an object for every code that can be found in files', () => {
    // A rule that fails itself is nothing that files could show.
    const found = CODES.filter(({ missing, code }) => missing === undefined && code !== 'IST0001').map(({ code }) => code)
    expect(FILES.map(codeOf)).toEqual(found)
  })

  test('shows each mistake in its file, and no other', () => {
    const expected = Object.fromEntries(FILES.map(file => [file, [codeOf(file)]]))
    expect(Object.fromEntries(codesByFile(broken))).toEqual(expected)
  })

  test('says for each where it is and what to do', () => {
    for (const finding of broken) {
      expect(finding.line, finding.code).toBeGreaterThan(0)
      expect(finding.path, finding.code).not.toBe('')
      expect(finding.remedy.length, finding.code).toBeGreaterThan(10)
    }
  })
})

describe('what the remedies say', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'meshwork-fixed-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('removes each finding and adds none: examples/fixed', async () => {
    cpSync(BROKEN, folder, { recursive: true })
    cpSync(FIXED, folder, { recursive: true })
    expect((await findingsIn(folder)).map(({ file, code, line, message }) => `${path.basename(file)}:${line} ${code} ${message}`)).toEqual(
      [],
    )
  })

  test.each(FILES)('%s: the finding goes with the fixed file alone', async file => {
    const alone = mkdtempSync(path.join(folder, 'alone-'))
    cpSync(BROKEN, alone, { recursive: true })
    cpSync(path.join(FIXED, file), path.join(alone, file))
    expect(codesByFile(await findingsIn(alone)).get(file)).toBeUndefined()
  })
})
