// `npm run e2e -- [local|kube] [pattern] [--list]`: end-to-end scenarios on a back end; pattern selects files or titles.
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'

/** Where the scenarios of each back end lie, and the vitest project that runs them. */
const BACKENDS = {
  local: { folder: '../e2e/src/scenarios', project: 'e2e' },
  kube: { folder: '../e2e/src/kube', project: 'kube' },
} as const

function isBackend(word: string): word is keyof typeof BACKENDS {
  return Object.hasOwn(BACKENDS, word)
}

const words = process.argv.slice(2)
const list = words.includes('--list')
const [first = 'local', ...rest] = words.filter(word => word !== '--list')
const backend = isBackend(first) ? first : 'local'
const patterns = isBackend(first) ? rest : [first, ...rest]
const { folder, project } = BACKENDS[backend]
const files = readdirSync(new URL(folder, import.meta.url)).filter(file => patterns.some(p => file.includes(p)))
const selection = patterns.length === 0 ? [] : files.length > 0 ? files : ['-t', patterns.join(' ')]
// What a former run used of roles says nothing of this one.
if (backend === 'kube' && patterns.length === 0 && !list)
  rmSync(new URL('../test-results/rights', import.meta.url), { recursive: true, force: true })
// For `npm run rows`: a run of some files leaves the results of the others.
const report = `test-results/${['e2e', backend, ...patterns].join('-').replaceAll(/[^\w-]/g, '-')}.json`
const how = list ? ['list'] : ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const done = spawnSync('vitest', [...how, '--project', project, ...selection], {
  stdio: 'inherit',
  env: { ...process.env, MESHWORK_E2E_BACKEND: backend },
})
process.exit(done.status ?? 1)
