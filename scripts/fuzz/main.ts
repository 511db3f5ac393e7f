// `npm run fuzz -- http1|http2|hpack|sniff SECONDS [--plant] [--keep]`: searches for inputs that break an invariant.
import { readCorpus, writeCorpus } from './corpus.ts'
import { explore } from './explore.ts'
import { instrument } from './instrument.ts'
import { targets } from './targets/table.ts'

/** Inputs kept in the repository for each target. */
const KEPT = 200
const SOURCES = /\/proxy\/src\/(http1\/|http2\/|net\/client-|listener-filters\/(http-inspector|proxy-protocol)\/)[a-z0-9-]+\.ts$/

async function main(): Promise<number> {
  const [name = '', seconds = '60', ...flags] = process.argv.slice(2)
  const row = targets[name]
  if (row === undefined || !(Number(seconds) > 0)) {
    process.stderr.write(
      `fuzz: which target, and for how long?\n  next: npm run fuzz -- ${Object.keys(targets).join('|')} SECONDS [--plant] [--keep]\n`,
    )
    return 2
  }
  const planted = flags.includes('--plant')
  instrument(SOURCES, planted ? row.plant : null)
  const target = await row.load()
  const began = performance.now()
  const { corpus, failure, ...numbers } = explore(target, [...target.seeds, ...readCorpus(name)], Number(seconds), Date.now())
  const perMinute = Math.round((numbers.executions * 60_000) / (performance.now() - began))
  process.stdout.write(`${JSON.stringify({ fuzz: name, ...numbers, inputs: corpus.length, perMinute })}\n`)
  if (failure !== null) process.stdout.write(`${failure.error.message}\n  input: ${failure.input.toString('hex')}\n`)
  if (failure === null && flags.includes('--keep')) writeCorpus(name, corpus, KEPT)
  if (planted) process.stdout.write(failure === null ? 'the planted defect was not found\n' : 'the planted defect was found\n')
  return (failure !== null) === planted ? 0 : 1
}

process.exitCode = await main()
