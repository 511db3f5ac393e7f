/** One test of the last run. */
export interface TestResult {
  readonly title: string
  readonly file: string
  readonly passed: boolean
}

/** A test proves a row only if it drives real processes: end-to-end scenarios, recorded scenarios and `*.process.spec.ts`. */
function drivesProcesses(file: string): boolean {
  return file.startsWith('e2e/') || file.startsWith('packages/testkit/src/conformance/') || file.endsWith('.process.spec.ts')
}

/** `traffic-17` to the passing tests that name it. */
export function coveredRows(results: readonly TestResult[]): ReadonlyMap<string, readonly TestResult[]> {
  const covered = new Map<string, TestResult[]>()
  for (const result of results) {
    if (!result.passed || !drivesProcesses(result.file)) continue
    for (const tag of result.title.matchAll(/\[([a-z]+-\d+)\]/g)) {
      const row = tag[1] ?? ''
      const tests = covered.get(row)
      if (tests === undefined) covered.set(row, [result])
      else tests.push(result)
    }
  }
  return covered
}
