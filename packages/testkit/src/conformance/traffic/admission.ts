import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { objectParser, readRawObject } from '@meshwork/config/kinds'
import { formatViolation, type Violation } from '@meshwork/core/result'

import type { CaseResult } from '../suite.ts'
import { VALIDATION_FILE } from './scenario.ts'

interface AdmissionCase {
  readonly id: string
  readonly object: unknown
  readonly expect: { readonly accepted: boolean }
}

type Parser = ReturnType<typeof objectParser>

/** The recorded admission cases: whether each object is accepted or refused. */
export function admissionCases(dir: string): readonly CaseResult[] {
  const { cases }: { readonly cases: readonly AdmissionCase[] } = JSON.parse(readFileSync(join(dir, VALIDATION_FILE), 'utf8'))
  const parser = objectParser()
  return cases.map(given => runCase(given, parser))
}

function runCase(given: AdmissionCase, parser: Parser): CaseResult {
  const name = `900-validation ${given.id}`
  const violations = violationsOf(given.object, parser)
  // Refusing what one does not understand is no answer.
  const stranger = violations.find(found => found.code === 'unknown-kind' || found.code === 'foreign')
  if (stranger !== undefined) return { name, passed: false, detail: formatViolation(stranger) }
  const accepted = violations.length === 0
  if (accepted === given.expect.accepted) return { name, passed: true }
  const why = accepted ? 'accepted' : violations.map(formatViolation).join('; ')
  return { name, passed: false, detail: `expected ${given.expect.accepted ? 'accepted' : 'refused'}, got ${why}` }
}

function violationsOf(object: unknown, parser: Parser): readonly Violation[] {
  const raw = readRawObject(object, { file: VALIDATION_FILE, line: 1 }, 0)
  if (raw.kind === 'err') return raw.error
  const outcome = parser.parse(raw.value)
  if (outcome.kind === 'violations') return outcome.violations
  return outcome.kind === 'object' ? [] : [{ path: 'kind', code: 'foreign', message: 'is of no kind that we know' }]
}
