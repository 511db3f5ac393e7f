import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { writeReport } from './conformance-report.ts'
import { coveredRows } from './rows/coverage.ts'
import { readReport, readResults } from './rows/results.ts'

const folder = mkdtempSync(join(tmpdir(), 'report-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('is read like the report of any other suite, with the rows that passing cases prove', () => {
  const path = join(folder, 'conformance-traffic.json')
  writeReport(path, '/repository', 'traffic', [
    { name: '003-header-match (meshwork)', passed: true, rows: ['traffic-7'] },
    { name: '023-weights (envoy)', passed: false, detail: 'r1: status 503\nmore', rows: ['traffic-17'] },
    { name: '001-decided', passed: false, decision: '0008' },
  ])
  expect(readReport(path).filter(test => test.status === 'failed')).toEqual([
    expect.objectContaining({ title: '[traffic-17] recorded: 023-weights (envoy)', failure: 'r1: status 503' }),
  ])
  const results = readResults(folder, file => file.slice('/repository/'.length))
  expect(results).toHaveLength(2)
  expect([...coveredRows(results).keys()]).toEqual(['traffic-7'])
})
