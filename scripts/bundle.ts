// Makes one file of each program that a mesh starts, from what tsc built. Measured: a proxy of 660 modules takes 0.35 s of CPU
// and 108 MB to start, as one file 0.12 s and 86 MB; a mesh on a laptop starts a dozen of them on two cores (decision 0007).
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Package folder and entry below `dist`; the result is `dist/program/<entry>.js`, or under another name, which the package exports. */
const PROGRAMS: readonly (readonly [folder: string, entry: string, result?: string])[] = [
  ['pilot', 'main'],
  ['citadel', 'main'],
  ['mixer', 'main'],
  ['proxy', 'main'],
  ['proxy', 'agent-main'],
  // A thread of `main`, which looks for it beside itself.
  ['proxy', 'process/stall-thread', 'stall-thread'],
  ['adapters', 'denier/main'],
  ['adapters', 'prometheus/main'],
]

for (const [folder, entry, result = entry] of PROGRAMS) {
  const dist = join(root, 'packages', folder, 'dist')
  const bundle = await rolldown({
    input: join(dist, `${entry}.js`),
    platform: 'node',
    // A name that cannot be resolved would only fail when the program runs.
    onLog: (level, log, report) => (log.code === 'UNRESOLVED_IMPORT' ? report('error', log) : report(level, log)),
    logLevel: 'silent',
  })
  await bundle.write({ file: join(dist, 'program', `${result}.js`), format: 'esm', codeSplitting: false })
  await bundle.close()
}
