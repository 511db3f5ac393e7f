import { existsSync, readFileSync, writeFileSync } from 'node:fs'

function fileOf(name: string): URL {
  return new URL(`corpus/${name}.txt`, import.meta.url)
}

/** The kept inputs of a target, a line of hex each. */
export function readCorpus(name: string): Buffer[] {
  if (!existsSync(fileOf(name))) return []
  const lines = readFileSync(fileOf(name), 'utf8').split('\n')
  return lines.filter(line => line !== '').map(line => Buffer.from(line, 'hex'))
}

/** Keeps the shortest `most` inputs. */
export function writeCorpus(name: string, inputs: readonly Buffer[], most: number): void {
  const lines = new Set(inputs.toSorted((a, b) => a.length - b.length).map(input => input.toString('hex')))
  writeFileSync(fileOf(name), `${[...lines].slice(0, most).join('\n')}\n`)
}
