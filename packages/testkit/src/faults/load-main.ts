// A counted load as a process of its own, for network namespaces: begins at once, ends when it is told to.
import { CountedLoad, type CountedLoadOptions } from './counted-load.ts'

function optionsOf(text: string): CountedLoadOptions {
  return JSON.parse(text)
}

const load = new CountedLoad(optionsOf(process.argv[2] ?? '{}'))
process.send?.({ kind: 'ready' })
process.once('message', () => void end())
process.once('disconnect', () => process.exit(0))

async function end(): Promise<void> {
  process.send?.({ kind: 'outcomes', outcomes: await load.stop() }, undefined, undefined, () => process.exit(0))
}
