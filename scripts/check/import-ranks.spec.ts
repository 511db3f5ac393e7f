import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const config = fileURLToPath(new URL('../../.oxlintrc.json', import.meta.url))
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-lint-'))
  cpSync(config, join(folder, '.oxlintrc.json'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function lint(path: string, text: string): { status: number | null; output: string } {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  const done = spawnSync('oxlint', ['-A', 'all', '-D', 'eslint/no-restricted-imports', '-D', 'import/no-cycle', '.'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status: done.status, output: done.stdout }
}

it.each([
  ['packages/core/src/ids/planted.ts', '@meshwork/xds/types'],
  ['packages/proxy/src/plan/planted.ts', '@meshwork/config/kinds'],
  ['packages/pilot/src/view/planted.ts', '@meshwork/citadel/ca'],
  ['packages/template/src/engine/planted.ts', '@meshwork/config/kinds'],
  ['packages/proxy/src/plan/planted.ts', '@meshwork/template/engine'],
  ['packages/mixer/src/lang/planted.ts', '@meshwork/testkit/clock'],
])('refuses a planted import against the ranks: %s of %s', (path, module) => {
  const { status, output } = lint(path, `import { thing } from '${module}'\nexport const planted = thing\n`)
  expect(output).toContain('DESIGN.md 1')
  expect(status).not.toBe(0)
})

it('accepts an import along the ranks', () => {
  expect(lint('packages/proxy/src/plan/planted.ts', "import { ok } from '@meshwork/core/result'\nexport const planted = ok\n").status).toBe(
    0,
  )
})

it('refuses an import cycle', () => {
  lint('packages/core/src/ids/first.ts', "import { second } from './second.ts'\nexport const first = (): unknown => second\n")
  const { status, output } = lint(
    'packages/core/src/ids/second.ts',
    "import { first } from './first.ts'\nexport const second = (): unknown => first\n",
  )
  expect(output).toContain('cycle')
  expect(status).not.toBe(0)
})
