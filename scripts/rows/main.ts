// `npm run rows`: which acceptance rows of the specification a passing test of the last run covers.
// Prints a line a list (`traffic 12/141`) and writes docs/acceptance.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { coveredRows, type TestResult } from './coverage.ts'
import { lists, rowTitles } from './lists.ts'
import { readResults } from './results.ts'
import { supersededRows } from './superseded.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const spec = join(root, '../shared/spec')

function link(test: TestResult): string {
  return `[${test.title.replaceAll(/\[[a-z]+-\d+\]\s*/g, '').replaceAll('|', '\\|')}](../${test.file})`
}

const results = readResults(join(root, 'test-results'), path => relative(root, path))
if (results.length === 0) {
  process.stderr.write('rows: no test results\n  next: npm test\n')
  process.exit(1)
}
const covered = coveredRows(results)
const superseded = supersededRows(join(root, 'docs/decisions'))
const page = [
  '# Acceptance rows',
  '',
  'Written by `npm run rows` from the results of `npm test` and `npm run e2e` after it. A row counts through a test that performs its check over real processes.',
  '',
]
for (const list of lists) {
  const titles = rowTitles(list, spec)
  const numbers = Array.from({ length: list.rows }, (_, index) => index + 1)
  const proven = numbers.filter(number => covered.has(`${list.name}-${number}`))
  const taken = numbers.filter(number => superseded.has(`${list.name}-${number}`) && !proven.includes(number))
  const takenBack = taken.map(number => `${number} by decision ${superseded.get(`${list.name}-${number}`)}`).join(', ')
  process.stdout.write(`${list.name} ${proven.length}/${list.rows}${taken.length === 0 ? '' : `, superseded: ${takenBack}`}\n`)
  page.push(`## ${list.name} ${proven.length}/${list.rows}`, '', '| row | what | test |', '|---|---|---|')
  for (const number of proven) {
    const tests = covered.get(`${list.name}-${number}`) ?? []
    page.push(`| ${number} | ${titles.get(number) ?? ''} | ${tests.map(link).join('<br>')} |`)
  }
  if (taken.length > 0) page.push('', `Superseded: ${takenBack}`)
  page.push('', `Missing: ${numbers.filter(number => !proven.includes(number) && !taken.includes(number)).join(', ')}`, '')
}
const target = join(root, 'docs/acceptance.md')
const text = page.join('\n')
let before = ''
try {
  before = readFileSync(target, 'utf8')
} catch {
  // First run: there is nothing to compare with.
}
if (before !== text) writeFileSync(target, text)
