// `npm run conformance -- SUITE [DIR] [--only PATTERN] [--dataplane meshwork|envoy|both] [--report FILE]`: runs a recorded suite against this build.
// One JSON object per case on stdout; the last line is `N passed, M failed`. What is not built yet fails, it is never skipped.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type CaseResult, runSuite, suiteNames } from '@meshwork/testkit/conformance'
import { writeReport } from './conformance-report.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const recorded = join(root, '../shared/conformance')

function usage(message: string): never {
  process.stderr.write(`conformance: ${message}\n  next: npm run conformance -- SUITE [DIR]; suites: ${suiteNames.join(', ')}\n`)
  process.exit(2)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, dataplane: { type: 'string', default: 'both' }, report: { type: 'string' } },
})
const [suite, folder] = positionals
if (suite === undefined) usage('name a suite')
if (!suiteNames.includes(suite)) usage(`there is no suite '${suite}'`)
const dir = folder === undefined ? join(recorded, suite) : resolve(process.env['INIT_CWD'] ?? process.cwd(), folder)
if (!existsSync(dir)) usage(`${dir} does not exist; give the folder of the recordings as second argument`)

const results: CaseResult[] = []
let passed = 0
let failed = 0
let decided = 0
for await (const result of runSuite(suite, dir, { only: values.only, dataplane: values.dataplane })) {
  results.push(result)
  if (result.passed) passed++
  else if (result.decision !== undefined) decided++
  else failed++
  process.stdout.write(`${JSON.stringify({ suite, ...result })}\n`)
}
if (values.report !== undefined) writeReport(values.report, root, suite, results)
if (decided > 0) process.stdout.write(`${decided} differ by decision\n`)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
