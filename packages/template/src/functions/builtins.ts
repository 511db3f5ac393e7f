import { printAll, printValue } from '../engine/print.ts'
import { sprintf } from '../engine/printf.ts'
import { TemplateFault } from '../engine/template-error.ts'
import { describe, expectText, isFunction, isList, isMap, isNil, ownValue } from '../engine/values.ts'
import type { TemplateFunction } from '../engine/values.ts'

/** What Go's templates bring along, besides comparisons and the `and` and `or` of the evaluator. */
export const BUILTINS: Readonly<Record<string, TemplateFunction>> = {
  len: value => BigInt(lengthOf(value)),
  index: (value, ...keys) => keys.reduce(element, value),
  print: (...values) => printAll(values),
  println: (...values) => `${values.map(value => printValue(value)).join(' ')}\n`,
  printf: (format, ...values) => sprintf(expectText(format), values),
  html: (...values) => printAll(values).replaceAll(/[<>&'"\0]/g, character => HTML[character] ?? character),
  js: (...values) => printAll(values).replaceAll(/[\\'"<>&=\p{Cc}]/gu, escapeJs),
  urlquery: (...values) =>
    encodeURIComponent(printAll(values)).replaceAll(/[!'()*]|%20/g, c =>
      c === '%20' ? '+' : `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  call: (callee, ...args) => {
    if (!isFunction(callee)) throw new TemplateFault(`${describe(callee)} is no function`, 'call only values that are functions')
    return callee(...args)
  },
}

const HTML: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&#34;', '\0': '\uFFFD' }

function escapeJs(character: string): string {
  if (/[\\'"]/.test(character)) return `\\${character}`
  return String.raw`\u` + character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (isList(value)) return value.length
  if (isMap(value)) return Object.keys(value).length
  throw new TemplateFault(`len of ${describe(value)}`, 'only strings, lists and maps have a length')
}

function element(value: unknown, key: unknown): unknown {
  if (isMap(value)) return ownValue(value, expectText(key))
  if (isNil(value)) throw new TemplateFault('index of nil', 'see that the value is set')
  if (typeof key !== 'bigint' && typeof key !== 'number')
    throw new TemplateFault(`cannot index ${describe(value)} with ${describe(key)}`, 'use numbers for lists and strings for maps')
  const position = Number(key)
  const length = lengthOf(value)
  if (!Number.isInteger(position) || position < 0 || position >= length)
    throw new TemplateFault(`index out of range: ${position}`, `the last position is ${length - 1}`)
  return isList(value) ? value[position] : BigInt(Buffer.from(expectText(value))[position] ?? 0)
}
