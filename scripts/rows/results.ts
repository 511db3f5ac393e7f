import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestResult } from './coverage.ts'

interface Assertion {
  readonly fullName: string
  /** `passed`, `failed`, `skipped`, `pending` or `todo`. */
  readonly status: string
  readonly failureMessages?: readonly string[]
}

interface Report {
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly Assertion[] }[]
}

/** One test as vitest's JSON reporter tells it. */
interface ReportedTest {
  readonly title: string
  /** Absolute path. */
  readonly file: string
  readonly status: string
  /** First line of what went wrong; empty if nothing did. */
  readonly failure: string
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'testResults' in value && Array.isArray(value.testResults)
}

/** All tests of one report; none if there is no such file. */
export function readReport(path: string): ReportedTest[] {
  if (!existsSync(path)) return []
  const report: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!isReport(report)) return []
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status, failureMessages = [] }) => ({
      title: fullName,
      file: name,
      status,
      failure: failureMessages[0]?.split('\n', 1)[0] ?? '',
    })),
  )
}

/** Reads all reports in `folder`. `toRepository` makes their absolute paths relative. */
export function readResults(folder: string, toRepository: (path: string) => string): TestResult[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(file => file.endsWith('.json'))
    .flatMap(file => readReport(join(folder, file)))
    .map(({ title, file, status }) => ({ title, file: toRepository(file), passed: status === 'passed' }))
}
