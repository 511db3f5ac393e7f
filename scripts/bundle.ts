// Makes one file of each program that a mesh starts, from what tsc built. Measured: a proxy of 660 modules takes 0.35 s of CPU
// and 108 MB to start, as one file 0.12 s and 86 MB; a mesh on a laptop starts a dozen of them on two cores (decision 0007).
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
  ['proxy', 'init-main'],
  ['proxy', 'wait-main'],
  // A thread of `main`, which looks for it beside itself.
  ['proxy', 'process/stall-thread', 'stall-thread'],
  // Only for its image: elsewhere meshctl runs from its modules, which the mesh on a laptop starts one by one.
  ['cli', 'main'],
  ['node-agent', 'main'],
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
  // The text of a program stays in memory; whoever wants to read it has the source. Names stay, for stacks and profiles.
  const minify = { compress: false, mangle: false, codegen: { removeWhitespace: true } } as const
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false, comments: false, minify })
  await bundle.close()
  const file = join(dist, 'program', `${result}.js`)
  mkdirSync(dirname(file), { recursive: true })
  // Not by a plugin: what is printed after plugins have run has the characters again.
  writeFileSync(file, asciiOnly(output[0].code))
}

/**
 * V8 keeps a source with a single character beyond latin1 at two bytes for each character, and all of it as long as the process
 * lives: measured 7 to 16 MB of a proxy's memory. Such characters stand in strings, patterns and comments, where an escape says the same.
 */
function asciiOnly(code: string): string {
  if (/String\.raw`[^`]*[^\0-\x7f]/.test(code)) throw new Error('String.raw with characters beyond ASCII cannot be written as an escape')
  return code.replaceAll(/[^\0-\x7f]/g, character => escaped(character))
}

/** By UTF-16 units: a character beyond the first plane is two escapes. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
