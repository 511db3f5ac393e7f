import { MAX_MADE_CHARACTERS } from '../engine/limits.ts'
import { printValue } from '../engine/print.ts'
import { quoteGo } from '../engine/printf.ts'
import { TemplateFault } from '../engine/template-error.ts'
import { compareText, expectText, isList, isNil, newMap } from '../engine/values.ts'
import type { TemplateFunction } from '../engine/values.ts'
import { toCount } from './numbers.ts'

export const STRINGS: Readonly<Record<string, TemplateFunction>> = {
  toString: (value: unknown) => printValue(value),
  toStrings: list => textsOf(list),
  quote: (...values) =>
    notNil(values)
      .map(value => quoteGo(printValue(value)))
      .join(' '),
  squote: (...values) =>
    notNil(values)
      .map(value => `'${printValue(value)}'`)
      .join(' '),
  cat: (...values) =>
    notNil(values)
      .map(value => printValue(value))
      .join(' '),
  upper: text => expectText(text).toUpperCase(),
  lower: text => expectText(text).toLowerCase(),
  title: text =>
    expectText(text).replaceAll(/(^|[^\p{L}\p{N}_])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase()),
  untitle: text => expectText(text).replaceAll(/(^|\s)(\p{L})/gu, (_, before: string, letter: string) => before + letter.toLowerCase()),
  swapcase: text => Array.from(expectText(text)).map(swap).join(''),
  trim: text => expectText(text).trim(),
  trimAll: (cut, text) => trimSet(expectText(cut), expectText(text)),
  trimPrefix: (prefix, text) =>
    expectText(text).startsWith(expectText(prefix)) ? expectText(text).slice(expectText(prefix).length) : text,
  trimSuffix: (suffix, text) => cutSuffix(expectText(suffix), expectText(text)),
  nospace: text => expectText(text).replaceAll(/\s/g, ''),
  contains: (part, text) => expectText(text).includes(expectText(part)),
  hasPrefix: (prefix, text) => expectText(text).startsWith(expectText(prefix)),
  hasSuffix: (suffix, text) => expectText(text).endsWith(expectText(suffix)),
  replace: (old, replacement, text) => expectText(text).replaceAll(expectText(old), () => expectText(replacement)),
  repeat: (count, text) => repeat(toCount(count), expectText(text)),
  indent: (width, text) => indent(toCount(width), expectText(text)),
  nindent: (width, text) => `\n${indent(toCount(width), expectText(text))}`,
  trunc: (length, text) => truncate(toCount(length), expectText(text)),
  substr: (start, end, text) => substring(toCount(start), toCount(end), expectText(text)),
  abbrev: (width, text) => abbreviate(toCount(width), expectText(text)),
  initials: text =>
    expectText(text)
      .split(/\s+/)
      .map(word => word.slice(0, 1))
      .join(''),
  plural: (one, many, count) => (toCount(count) === 1 ? one : many),
  snakecase: text => words(expectText(text)).join('_').toLowerCase(),
  kebabcase: text => words(expectText(text)).join('-').toLowerCase(),
  camelcase: text =>
    words(expectText(text))
      .map(word => word.charAt(0).toUpperCase() + word.slice(1))
      .join(''),
  wrap: (width, text) => wrapText(toCount(width), expectText(text), '\n'),
  wrapWith: (width, separator, text) => wrapText(toCount(width), expectText(text), expectText(separator)),
  join: (separator, list) => textsOf(list).join(printValue(separator)),
  sortAlpha: list => textsOf(list).toSorted(compareText),
  split: (separator, text) => numbered(expectText(text).split(expectText(separator))),
  splitn: (separator, count, text) => numbered(splitAtMost(expectText(separator), toCount(count), expectText(text))),
  splitList: (separator, text) => expectText(text).split(expectText(separator)),
}

function notNil(values: readonly unknown[]): unknown[] {
  return values.filter(value => !isNil(value))
}

function textsOf(list: unknown): string[] {
  if (isList(list)) return notNil(list).map(item => printValue(item))
  return isNil(list) ? [] : [printValue(list)]
}

function swap(character: string): string {
  const upper = character.toUpperCase()
  return character === upper ? character.toLowerCase() : upper
}

function trimSet(cut: string, text: string): string {
  const characters = Array.from(text)
  let start = 0
  let end = characters.length
  while (start < end && cut.includes(characters[start] ?? '')) start += 1
  while (end > start && cut.includes(characters[end - 1] ?? '')) end -= 1
  return characters.slice(start, end).join('')
}

function cutSuffix(suffix: string, text: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text
}

function repeat(count: number, text: string): string {
  if (count < 0 || count * text.length > MAX_MADE_CHARACTERS)
    throw new TemplateFault(`a text of ${count} times ${text.length} characters`, `make between 0 and ${MAX_MADE_CHARACTERS} characters`)
  return text.repeat(count)
}

function indent(width: number, text: string): string {
  const pad = repeat(width, ' ')
  return pad + text.replaceAll('\n', `\n${pad}`)
}

/** Lengths count bytes in Go; a character that would be cut is dropped here. */
function truncate(length: number, text: string): string {
  const bytes = Buffer.from(text)
  if (length < 0) return bytes.length + length > 0 ? bytes.subarray(bytes.length + length).toString() : text
  return bytes.length > length
    ? bytes
        .subarray(0, length)
        .toString()
        .replace(/\uFFFD$/, '')
    : text
}

function substring(start: number, end: number, text: string): string {
  if (start < 0) return text.slice(0, Math.max(0, end))
  return end < 0 || end > text.length ? text.slice(start) : text.slice(start, end)
}

function abbreviate(width: number, text: string): string {
  return width < 4 || text.length <= width ? text : `${text.slice(0, width - 3)}...`
}

function words(text: string): string[] {
  return text
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[\s_-]+/)
    .filter(word => word !== '')
}

function wrapText(width: number, text: string, separator: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join(separator)
}

function numbered(parts: readonly string[]): Record<string, unknown> {
  return newMap(parts.map((part, index) => [`_${index}`, part] as const))
}

function splitAtMost(separator: string, count: number, text: string): string[] {
  const parts = text.split(separator)
  return count > 0 && parts.length > count ? [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)] : parts
}
