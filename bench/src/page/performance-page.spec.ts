import { expect, test } from 'vitest'
import { performancePage } from './performance-page.ts'

const LINES = [
  { bench: 'http1-forward', subject: 'meshwork', cpu_us_per_req: 18.7 },
  { bench: 'http1-forward', subject: 'envoy', cpu_us_per_req: 30.8 },
  { bench: 'http1-forward', ratios: { envoy: 0.607, haproxy: 1.387 } },
]

test('each bench is a section with its subjects and its ratios', () => {
  const page = performancePage(LINES, '2026-11-23')
  expect(page).toContain('## http1-forward\n\nHTTP/1.1 with keep-alive')
  expect(page).toContain('| subject | cpu_us_per_req |\n| --- | --- |\n| meshwork | 18.7 |\n| envoy | 30.8 |')
  expect(page).toContain('| envoy 0.607, haproxy 1.387 |')
  expect(page).toContain('Measured on 2026-11-23.')
})

test('benches that did not run keep what the page said; the order stays', () => {
  const older = performancePage([{ bench: 'memory', subject: 'meshwork', mb: 80 }, ...LINES], '2026-11-20')
  const page = performancePage([{ bench: 'http1-forward', subject: 'meshwork', cpu_us_per_req: 17 }], '2026-11-23', older)
  expect(page.match(/^## .*/gm)).toEqual(['## Method', '## Machine', '## http1-forward', '## memory', '## Caveats'])
  expect(page).toContain('| meshwork | 17 |')
  expect(page).not.toContain('18.7')
  expect(page).toMatch(/## memory[^#]*Measured on 2026-11-20\./)
})
