import { messageOf } from '@meshwork/core/result'
import { RE2JS } from 're2js'

import { TemplateFault } from '../engine/template-error.ts'
import { expectText } from '../engine/values.ts'
import type { TemplateFunction } from '../engine/values.ts'
import { toCount } from './numbers.ts'

/** RE2: the syntax of Go, and time linear in the text. */
export const REGEXES: Readonly<Record<string, TemplateFunction>> = {
  regexMatch: (pattern, text) => isPattern(expectText(pattern)) && compile(pattern).matcher(expectText(text)).find(),
  regexFind: (pattern, text) => matches(pattern, text, 1)[0]?.groups[0] ?? '',
  regexFindAll: (pattern, text, count) => matches(pattern, text, toCount(count)).map(match => match.groups[0] ?? ''),
  regexReplaceAll: (pattern, text, replacement) => replace(pattern, text, match => expand(expectText(replacement), match)),
  regexReplaceAllLiteral: (pattern, text, replacement) => replace(pattern, text, () => expectText(replacement)),
  regexSplit: (pattern, text, count) => split(pattern, expectText(text), toCount(count)),
  regexQuoteMeta: text => expectText(text).replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`),
}

/** `regexMatch` alone answers false for a pattern that cannot be read, because Helm does. */
function isPattern(pattern: string): boolean {
  try {
    RE2JS.compile(pattern)
    return true
  } catch {
    return false
  }
}

interface Match {
  readonly start: number
  readonly end: number
  readonly groups: readonly string[]
  readonly named: Readonly<Record<string, number>>
}

function compile(pattern: unknown): RE2JS {
  try {
    return RE2JS.compile(expectText(pattern))
  } catch (thrown) {
    throw new TemplateFault(`'${String(pattern)}' is no regular expression: ${messageOf(thrown)}`, 'write it in the syntax of RE2')
  }
}

function matches(pattern: unknown, text: unknown, count: number): Match[] {
  const compiled = compile(pattern)
  const matcher = compiled.matcher(expectText(text))
  const named = compiled.namedGroups()
  const found: Match[] = []
  while ((count < 0 || found.length < count) && matcher.find()) {
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? '')
    found.push({ start: matcher.start(), end: matcher.end(), groups, named })
  }
  return found
}

function replace(pattern: unknown, text: unknown, replacement: (match: Match) => string): string {
  const source = expectText(text)
  let result = ''
  let position = 0
  for (const match of matches(pattern, text, -1)) {
    result += source.slice(position, match.start) + replacement(match)
    position = match.end
  }
  return result + source.slice(position)
}

/** `$1`, `${1}`, `$name` and `$$`; a name reaches as far as letters, digits and `_` do, and unknown ones are empty. */
function expand(template: string, match: Match): string {
  return template.replaceAll(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_, dollar?: string, plain?: string, braced?: string) => {
    if (dollar !== undefined) return '$'
    const name = plain ?? braced ?? ''
    const index = /^\d+$/.test(name) ? Number(name) : match.named[name]
    return index === undefined ? '' : (match.groups[index] ?? '')
  })
}

function split(pattern: unknown, text: string, count: number): string[] {
  if (count === 0) return []
  const parts: string[] = []
  let position = 0
  for (const match of matches(pattern, text, -1)) {
    if (count > 0 && parts.length === count - 1) break
    if (match.end === 0) continue
    parts.push(text.slice(position, match.start))
    position = match.end
  }
  return [...parts, text.slice(position)]
}
