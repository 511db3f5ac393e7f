// Entry of every root command. Plain JavaScript, because it runs on whatever Node (20 or later) the user has:
// it installs pnpm and Node 26 from npm into this folder, builds what changed, and hands over to TypeScript.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(root, '.cache')
const toolchain = join(root, 'scripts', 'toolchain')
const bins = [join(root, 'node_modules', '.bin'), join(toolchain, 'node_modules', '.bin')]
const env = {
  ...process.env,
  PATH: [...bins, process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_CACHE_DIR: process.env.TURBO_CACHE_DIR ?? join(userCacheDir(), 'meshwork', 'turbo'),
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cache, 'node-compile-cache'),
}

/** What each command needs before it runs, and the program that then takes over. */
const commands = {
  build: { needs: 'build', run: [] },
  demo: { needs: 'build', run: ['packages/cli/bin/meshctl.mjs', 'demo'] },
  test: { needs: 'build', run: ['scripts/test.ts'] },
  check: { needs: 'build', run: ['scripts/check/main.ts'] },
  e2e: { needs: 'build', run: ['scripts/e2e.ts'] },
  bench: { needs: 'build', run: ['bench/src/main.ts'] },
  conformance: { needs: 'build', run: ['scripts/conformance.ts'] },
  cluster: { needs: 'build', run: ['e2e/src/cluster/main.ts'] },
  images: { needs: 'build', run: ['e2e/src/images/main.ts'] },
  fuzz: { needs: 'install', run: ['scripts/fuzz/main.ts'] },
  rows: { needs: 'install', run: ['scripts/rows/main.ts'] },
  peers: { needs: 'install', run: ['scripts/peers/main.ts'] },
}

function userCacheDir() {
  return process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? root, '.cache')
}

function fail(message, nextStep) {
  process.stderr.write(`meshwork: ${message}\n${nextStep === undefined ? '' : `  next: ${nextStep}\n`}`)
  process.exit(1)
}

/** Runs a tool; its output goes to stderr, because the standard output of a command may be for machines. */
function tool(what, command, args, nextStep) {
  process.stderr.write(`meshwork: ${what} …\n`)
  const log = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (log.status === 0) return
  process.stderr.write(`${log.stdout ?? ''}${log.stderr ?? ''}${log.error === undefined ? '' : `${log.error.message}\n`}`)
  fail(`${what} failed`, nextStep)
}

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** Runs `act` unless `files` are as they were when it last succeeded and `result` still exists. */
function onceFor(name, files, result, act) {
  const marker = join(cache, `${name}.sha256`)
  const hash = hashOf(files)
  if (existsSync(join(root, result)) && existsSync(marker) && readFileSync(marker, 'utf8') === hash) return
  act()
  mkdirSync(cache, { recursive: true })
  writeFileSync(marker, hash)
}

function manifests() {
  const packages = readdirSync(join(root, 'packages')).map(name => `packages/${name}/package.json`)
  return ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...packages].filter(file => existsSync(join(root, file)))
}

function install() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    fail(`Node ${process.versions.node} is too old`, 'install Node 20 or later; Meshwork brings its own Node 26 for everything else')
  }
  onceFor('toolchain', ['scripts/toolchain/package-lock.json'], 'scripts/toolchain/node_modules/pnpm', () => {
    tool(
      'fetching pnpm',
      'npm',
      ['install', '--prefix', toolchain, '--no-save', '--no-audit', '--no-fund'],
      'check that npm reaches its registry',
    )
  })
  onceFor('install', manifests(), 'node_modules/.modules.yaml', () => {
    tool(
      'installing packages',
      'pnpm',
      ['install', '--frozen-lockfile'],
      'check that npm reaches its registry; after a change of package.json run `pnpm install`',
    )
  })
}

function build() {
  tool('building', 'turbo', ['run', 'compile', '--output-logs=errors-only'], 'correct the errors above')
}

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) fail(`unknown command '${name}'`, `one of ${Object.keys(commands).join(', ')}`)
install()
if (command.needs === 'build') build()
if (command.run.length > 0) {
  const child = spawn('node', ['--disable-warning=ExperimentalWarning', ...command.run, ...args], {
    cwd: root,
    env: { ...env, INIT_CWD: process.env.INIT_CWD ?? process.cwd() },
    stdio: 'inherit',
  })
  // The terminal sends Ctrl-C to the whole group; we only wait for the child to clean up.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
}
