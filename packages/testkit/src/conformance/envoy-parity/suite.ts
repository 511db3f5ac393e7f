import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtProgram } from '../../process/index.ts'
import { type CaseResult, type ConformanceSuite, selected, type SuiteOptions } from '../suite.ts'
import { DECIDED, MOST_DECIDED } from './decided.ts'

/** One outcome as the recorded runner writes it. */
interface Outcome {
  readonly id: string
  readonly ok: boolean
  readonly error?: string
  readonly failures?: readonly {
    readonly step: number
    readonly path: readonly string[]
    readonly expected: unknown
    readonly got: unknown
  }[]
}

/** Where the runner looks for `yaml`. */
const packageFolder = fileURLToPath(new URL('../../..', import.meta.url))
/** Cases at the same time. */
const JOBS = 2

/** Behaviour recorded from Envoy, by the runner that lies beside the recordings, on the built proxy started from a bootstrap. */
export const envoyParitySuite: ConformanceSuite = {
  async *run(dir: string, options: SuiteOptions): AsyncIterable<CaseResult> {
    const results = (await outcomes(dir, options)).filter(({ id }) => selected(id, options)).map(resultOf)
    const decided = results.filter(({ decision }) => decision !== undefined)
    yield* results
    if (decided.length > MOST_DECIDED) {
      yield { name: 'decisions', passed: false, detail: `${decided.length} cases differ by decision, more than ${MOST_DECIDED}` }
    }
  },
}

function resultOf({ id, ok, error, failures = [] }: Outcome): CaseResult {
  const decision = DECIDED.get(id)
  if (ok) return { name: id, passed: true }
  if (decision !== undefined) return { name: id, passed: false, decision, detail: `differs by decision ${decision}` }
  const lines = failures.map(
    ({ step, path, expected, got }) => `step ${step}: ${path.slice(3).join('.')} expected ${text(expected)} got ${text(got)}`,
  )
  return { name: id, passed: false, detail: [...(error === undefined ? [] : [error]), ...lines].join('\n') }
}

function text(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 400)
}

/** The runner's own lines go to stderr while it works; what it found is in the file it writes at its end. */
async function outcomes(dir: string, { only }: SuiteOptions): Promise<readonly Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-parity-'))
  const file = join(folder, 'outcomes.json')
  const pattern = (only ?? '')
    .split(',')
    .map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|')
  const cases = existsSync(join(dir, 'cases')) ? join(dir, 'cases') : dir
  const proxy = `${process.execPath} --disable-warning=ExperimentalWarning ${builtProgram('proxy/main').file} -c {bootstrap}`
  // The runner does nothing when it is started through a symbolic link.
  const runner = realpathSync(join(dir, 'tool', 'run.mjs'))
  const args = [runner, '--proxy', proxy, '--jobs', String(JOBS), '--only', pattern, '--json', file, cases]
  try {
    await finished(args)
    return JSON.parse(readFileSync(file, 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Its exit status only repeats what the file says. */
function finished(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: packageFolder, stdio: ['ignore', 2, 2] })
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
}
