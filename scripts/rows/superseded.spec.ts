import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { supersededRows } from './superseded.ts'

const folder = mkdtempSync(join(tmpdir(), 'decisions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('reads the rows that a record names for it, and no others that it mentions', () => {
  writeFileSync(join(folder, '0028-hosts.md'), 'Row traffic-9 stays.\n\nSupersedes rows: traffic-4, traffic-6\n')
  writeFileSync(join(folder, 'notes.md'), 'Supersedes rows: traffic-1\n')
  expect([...supersededRows(folder)]).toEqual([
    ['traffic-4', '0028'],
    ['traffic-6', '0028'],
  ])
})
