import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CaseResult } from '@meshwork/testkit/conformance'

/**
 * Writes the results of a recorded suite in the shape of vitest's JSON report, so that counts, failures and acceptance rows
 * of all suites are read alike.
 */
export function writeReport(path: string, root: string, suite: string, results: readonly CaseResult[]): void {
  const folder = suite.startsWith('mixer-') ? `mixer` : suite
  const counted = results.filter(result => result.passed || result.decision === undefined)
  const assertionResults = counted.map(({ name, passed, detail, rows = [] }) => ({
    fullName: [...rows.map(row => `[${row}]`), `recorded: ${name}`].join(' '),
    status: passed ? 'passed' : 'failed',
    failureMessages: detail === undefined ? [] : [detail],
  }))
  const passedTests = counted.filter(result => result.passed).length
  const report = {
    numPassedTests: passedTests,
    numFailedTests: counted.length - passedTests,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [{ name: join(root, 'packages/testkit/src/conformance', folder), assertionResults }],
  }
  writeFileSync(path, JSON.stringify(report))
}
