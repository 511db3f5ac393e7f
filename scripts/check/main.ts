// `npm run check`: types, lint (with import ranks and cycles), format, dead code, size and hygiene limits.
// Every check runs, also after a failure; the last line is `N passed, M failed`.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkHygiene } from './hygiene.ts'
import { checkLimits } from './limits.ts'
import { measureSource } from './source-file.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Check {
  readonly name: string
  /** Empty when all is well. */
  run(): string
}

function command(name: string, program: string, args: readonly string[]): Check {
  return {
    name,
    run: () => {
      const done = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
      return done.status === 0 ? '' : `${done.stdout}${done.stderr}${done.error?.message ?? ''}`
    },
  }
}

function sources(): string[] {
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], { cwd: root, encoding: 'utf8' })
  return listed.stdout.split('\n').filter(path => path !== '')
}

function limits(): string {
  const files = sources().filter(path => /^packages\/.*\/src\//.test(path) && !/\.spec\.ts$|^packages\/testkit\//.test(path))
  const findings = checkLimits(files.map(path => measureSource(path, readFileSync(join(root, path), 'utf8'))))
  for (const f of findings) process.stdout.write(`    ${f.passed ? '✔' : '✘'} ${f.limit}: ${f.measured} (at most ${f.allowed})\n`)
  return findings
    .filter(f => !f.passed)
    .map(f => `${f.limit}: ${f.measured}, at most ${f.allowed}\n`)
    .join('')
}

function hygiene(): string {
  return sources()
    .flatMap(path => checkHygiene(path, readFileSync(join(root, path), 'utf8')))
    .map(hit => `${hit.path}:${hit.line}: ${hit.why}\n`)
    .join('')
}

const checks: readonly Check[] = [
  command('types of the packages', 'tsc', ['-b', 'tsconfig.build.json']),
  command('types of tests and scripts', 'tsc', ['-p', 'tsconfig.spec.json']),
  command('lint, import ranks, cycles', 'oxlint', ['--type-aware', '--deny-warnings']),
  command('format', 'oxfmt', ['--check']),
  command('dead code', 'knip', ['--treat-config-hints-as-errors']),
  { name: 'size limits', run: limits },
  { name: 'hygiene', run: hygiene },
]

let failed = 0
for (const check of checks) {
  const started = performance.now()
  const report = check.run()
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${report === '' ? '✔' : '✘'} ${check.name} (${seconds} s)\n`)
  if (report !== '') {
    failed++
    process.stdout.write(`${report.trimEnd()}\n`)
  }
}
process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`)
process.exit(failed === 0 ? 0 : 1)
