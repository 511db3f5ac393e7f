import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { KINDS, objectParser, readRawObject } from './index.ts'

/** Verdicts of Istio's admission, recorded; beside the repository. */
const VERDICTS = path.resolve(import.meta.dirname, '../../../../../shared/conformance/traffic/900-validation.json')

interface Case {
  readonly id: string
  readonly kind: string
  readonly why: string
  readonly object: unknown
  readonly expect: { readonly accepted: boolean }
}

function cases(): readonly Case[] {
  if (!existsSync(VERDICTS)) return []
  const known = new Set<string>(KINDS.map(kind => kind.kind))
  const all = JSON.parse(readFileSync(VERDICTS, 'utf8')) as { readonly cases: readonly Case[] }
  return all.cases.filter(one => known.has(one.kind))
}

// Skipped in a clone without the recordings: the repository's own testdata covers the kinds.
describe.skipIf(cases().length === 0)("Istio's verdicts on admission (needs shared/conformance beside the repository)", () => {
  const parser = objectParser()
  test.each(cases())('$id: $why', ({ object, expect: { accepted } }) => {
    const raw = readRawObject(object, { file: VERDICTS, line: 1 }, 0)
    const outcome = raw.kind === 'ok' ? parser.parse(raw.value) : { kind: 'violations', violations: raw.error }
    expect(outcome).toMatchObject({ kind: accepted ? 'object' : 'violations' })
  })
})
