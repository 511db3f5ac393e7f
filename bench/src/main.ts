// `npm run bench [-- NAME…] [-- --quick]`: measurements side by side with the real peers. One JSON object a line.
import { configChange } from './config-change/run.ts'
import { http1Forward } from './http1-forward/run.ts'
import { localUp } from './local-up/run.ts'

/** All benches by name. `quick` gives rough figures in a short time. */
const benches: Readonly<Record<string, (quick: boolean) => AsyncIterable<object>>> = {
  'http1-forward': http1Forward,
  'local-up': localUp,
  'config-change': configChange,
}

const words = process.argv.slice(2)
const quick = words.includes('--quick')
const names = words.filter(word => !word.startsWith('--'))
const unknown = names.filter(name => benches[name] === undefined)
if (unknown.length > 0) {
  process.stderr.write(`no bench '${unknown.join("', '")}'\n  next: choose among ${Object.keys(benches).join(', ')}\n`)
  process.exit(1)
}

for (const [name, run] of Object.entries(benches)) {
  if (names.length > 0 && !names.includes(name)) continue
  try {
    for await (const line of run(quick)) process.stdout.write(`${JSON.stringify(line)}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ bench: name, error: error instanceof Error ? error.message : String(error) })}\n`)
    process.exitCode = 1
  }
}
