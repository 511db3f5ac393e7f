// `npm test`: every check and test that this machine can run. The last line counts all of them.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readReport } from './rows/results.ts'
import { suites, type Suite } from './test-suites.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const results = join(root, 'test-results')

interface Tally {
  passed: number
  failed: number
  skipped: number
}

let running: ChildProcess | undefined

/** Runs a suite with its output shown as it comes, and kept to be counted. */
function run(suite: Suite): Promise<{ output: string; status: number }> {
  return new Promise(resolve => {
    let output = ''
    const child = spawn(suite.program, suite.args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    running = child
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      process.stdout.write(chunk)
    })
    child.on('error', error => resolve({ output: `${output}${error.message}`, status: 1 }))
    child.on('close', status => resolve({ output, status: status ?? 1 }))
  })
}

/** Names of tests that this machine cannot run; the title says what is missing. */
function skippedBy(path: string): readonly string[] {
  return readReport(path)
    .filter(test => test.status === 'skipped')
    .map(test => test.title)
}

/** Names of failed tests, so that the end of the output says what to look at. */
function failedIn(path: string): readonly string[] {
  return readReport(path)
    .filter(test => test.status === 'failed')
    .map(({ title, file, failure }) => `  ${relative(root, file)} ${title}\n    ${failure}`)
}

function fromVitest(path: string): Tally | undefined {
  if (!existsSync(path)) return undefined
  const report: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (typeof report !== 'object' || report === null) return undefined
  const count = (key: string): number => Number(Object.entries(report).find(([name]) => name === key)?.[1] ?? 0)
  return { passed: count('numPassedTests'), failed: count('numFailedTests'), skipped: count('numPendingTests') + count('numTodoTests') }
}

/** `N passed, M failed` at the end of what the suite printed. */
function fromClosingLine(output: string): Tally | undefined {
  const line = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1)
  return line === undefined ? undefined : { passed: Number(line[1]), failed: Number(line[2]), skipped: Number(line[3] ?? 0) }
}

process.on('SIGTERM', () => running?.kill('SIGTERM'))
rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })
const total: Tally = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []
const skipped: string[] = []
for (const suite of suites(results)) {
  process.stdout.write(`\n── ${suite.name}\n`)
  const { output, status } = await run(suite)
  const tally = (suite.report === undefined ? fromClosingLine(output) : fromVitest(suite.report)) ?? {
    passed: status === 0 ? 1 : 0,
    failed: 0,
    skipped: 0,
  }
  // A suite that ends badly without a failed case crashed: that is a failure too.
  if (status !== 0 && tally.failed === 0) tally.failed = 1
  total.passed += tally.passed
  total.failed += tally.failed
  total.skipped += tally.skipped
  if (suite.report !== undefined) skipped.push(...skippedBy(suite.report))
  if (tally.failed > 0)
    failures.push(`${suite.name}: ${tally.failed} failed`, ...(suite.report === undefined ? [] : failedIn(suite.report)))
}
if (skipped.length > 0)
  process.stdout.write(
    `\nskipped, because something is missing on this machine (npm run peers fetches what can be had):\n${skipped.map(name => `  ${name}\n`).join('')}`,
  )
if (failures.length > 0) process.stdout.write(`\n${failures.join('\n')}\n`)
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
const skipFails = process.env['CI'] === 'true' && total.skipped > 0
if (skipFails) process.stdout.write('skipped tests fail in CI: every peer must be installed there\n')
process.exit(total.failed > 0 || total.passed === 0 || skipFails ? 1 : 0)
