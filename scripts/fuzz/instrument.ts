import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'

/** How often each branch of the instrumented sources was taken since the counts were cleared. Shared through `globalThis`. */
export const branches: Uint8Array = new Uint8Array(16_384)
Reflect.set(globalThis, '__branches', branches)

let used = 0

/** Branches in the sources loaded so far. */
export function branchCount(): number {
  return used
}

export interface Plant {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** From now on, sources that `sources` matches count their branches as they are loaded; `plant` is put in. */
export function instrument(sources: RegExp, plant: Plant | null): void {
  registerHooks({
    load(url, context, next) {
      if (!sources.test(url)) return next(url, context)
      let text = readFileSync(fileURLToPath(url), 'utf8')
      if (plant !== null && url.endsWith(plant.file)) {
        if (!text.includes(plant.from)) throw new Error(`nothing to plant in: ${plant.file} has no '${plant.from}'`)
        text = text.replace(plant.from, plant.to)
      }
      return { format: 'module', shortCircuit: true, source: counted(url, stripTypeScriptTypes(text)) }
    },
  })
}

interface Edit {
  readonly at: number
  readonly text: string
}

/** The source with a count at the start of each block, branch and arm. */
function counted(url: string, source: string): string {
  const edits: Edit[] = []
  visit(parseSync(url.replace(/\.ts$/, '.js'), source).program, edits)
  edits.sort((a, b) => b.at - a.at)
  let text = source
  for (const { at, text: inserted } of edits) text = text.slice(0, at) + inserted + text.slice(at)
  return text
}

function visit(node: unknown, edits: Edit[]): void {
  if (Array.isArray(node)) {
    for (const child of node) visit(child, edits)
    return
  }
  if (typeof node !== 'object' || node === null) return
  const type: unknown = Reflect.get(node, 'type')
  if (type === 'BlockStatement') edits.push({ at: position(node, 'start') + 1, text: `${count()};` })
  for (const arm of ARMS[typeof type === 'string' ? type : ''] ?? []) wrap(Reflect.get(node, arm), edits)
  for (const key of Object.keys(node)) if (key !== 'type') visit(Reflect.get(node, key), edits)
}

/** Parts that are run or not. */
const ARMS: Readonly<Record<string, readonly string[]>> = {
  IfStatement: ['consequent', 'alternate'],
  ConditionalExpression: ['consequent', 'alternate'],
  LogicalExpression: ['right'],
}

function wrap(node: unknown, edits: Edit[]): void {
  if (typeof node !== 'object' || node === null) return
  const type = String(Reflect.get(node, 'type'))
  if (type === 'BlockStatement' || type === 'IfStatement') return
  const [open, close] = type.endsWith('Statement') ? [`{${count()};`, '}'] : [`(${count()},`, ')']
  edits.push({ at: position(node, 'start'), text: open }, { at: position(node, 'end'), text: close })
}

function count(): string {
  return `__branches[${used++}]++`
}

function position(node: object, key: 'start' | 'end'): number {
  return Number(Reflect.get(node, key))
}
