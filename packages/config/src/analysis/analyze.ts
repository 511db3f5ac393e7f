import { messageOf } from '@meshwork/core/result'
import type { ConfigObject, Rejection } from '../kinds/index.ts'
import { keyOf } from '../source/publisher.ts'
import { AnalysisContext, type AnalysisOptions } from './context.ts'
import type { Draft, Finding, Rule, Subject } from './finding.ts'
import { RULES } from './rules.ts'

/** The line on which a path of an object stands. */
export type Locate = (object: Subject, path: string) => number

export interface AnalyzeOptions extends AnalysisOptions {
  /** The first line of the object if unset. */
  readonly locate?: Locate
  /** All rules if unset. */
  readonly rules?: readonly Rule[]
}

/** Codes, separated by commas and with `*` at the end for a range, that are not to be reported for the object. */
const SUPPRESS = 'galley.istio.io/analyze-suppress'

/** Looks for mistakes in objects that are valid each for itself, and adds the violations of those that are not (`IST0106`). */
export function analyze(
  objects: readonly ConfigObject[],
  rejections: readonly Rejection[],
  options: AnalyzeOptions = {},
): readonly Finding[] {
  const context = new AnalysisContext(objects, options)
  const locate: Locate = options.locate ?? (({ origin }) => origin.line)
  const found = (options.rules ?? RULES).flatMap(rule => findingsOf(rule, context, locate))
  return [...rejections.flatMap(schemaFindings), ...found].toSorted(byPlace)
}

/** One rule that fails must not hide what the others find. */
function findingsOf(rule: Rule, context: AnalysisContext, locate: Locate): readonly Finding[] {
  try {
    return [...rule.check(context)].filter(({ object }) => !isSuppressed(object, rule.code)).map(draft => findingOf(rule, draft, locate))
  } catch (thrown) {
    return [internalError(rule, messageOf(thrown))]
  }
}

function findingOf({ code, name, severity }: Rule, { object, path, message, remedy }: Draft, locate: Locate): Finding {
  return { code, name, severity, message, key: keyOf(object), file: object.origin.file, line: locate(object, path), path, remedy }
}

function internalError({ code, name }: Rule, reason: string): Finding {
  return {
    code: 'IST0001',
    name: 'InternalError',
    severity: 'error',
    message: `the rule ${code} ${name} failed: ${reason}`,
    key: undefined,
    file: '',
    line: 0,
    path: '',
    remedy: 'this is a defect of the analysis, not of your files: report it with the files that cause it',
  }
}

function schemaFindings({ key, origin, violations }: Rejection): readonly Finding[] {
  return violations.map(({ path, message, hint, line }) => ({
    code: 'IST0106',
    name: 'SchemaValidationError',
    severity: 'error',
    message,
    key,
    file: origin.file,
    line,
    path,
    remedy: hint ?? 'correct the document: until then the last valid version stays in force',
  }))
}

function isSuppressed({ meta }: Subject, code: string): boolean {
  const patterns = (meta.annotations[SUPPRESS] ?? '').split(',').map(pattern => pattern.trim())
  return patterns.some(pattern => (pattern.endsWith('*') ? code.startsWith(pattern.slice(0, -1)) : pattern === code))
}

function byPlace(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  if (a.line !== b.line) return a.line - b.line
  return a.code < b.code ? -1 : a.code > b.code ? 1 : 0
}
