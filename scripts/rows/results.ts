import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestResult } from './coverage.ts'

interface Assertion {
  readonly fullName: string
  readonly status: string
}

interface Report {
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly Assertion[] }[]
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'testResults' in value && Array.isArray(value.testResults)
}

/** Reads what vitest's JSON reporter left in `folder`. `toRepository` makes its absolute paths relative. */
export function readResults(folder: string, toRepository: (path: string) => string): TestResult[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(file => file.endsWith('.json'))
    .flatMap(file => {
      const report: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'))
      if (!isReport(report)) return []
      return report.testResults.flatMap(suite =>
        suite.assertionResults.map(test => ({ title: test.fullName, file: toRepository(suite.name), passed: test.status === 'passed' })),
      )
    })
}
