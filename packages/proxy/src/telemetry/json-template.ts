import type { JsonTemplate } from '../model/substitution-format.ts'
import { parseTemplate } from './command-syntax.ts'
import { compileFormatter } from './formatter.ts'
import { METADATA_VALUES } from './metadata-operators.ts'
import { NUMERIC_OPERATORS } from './operators.ts'
import type { StreamInfo } from './stream-info.ts'

/** JSON text of a part of the template; null: an absent value. */
type Part = (info: StreamInfo) => string | null

/**
 * A JSON object whose texts are templates; a value that is one operator only keeps its type, and is null when absent. Names
 * are sorted, as Envoy does. `omitEmpty`: absent values are left out, and with them what only they were in.
 */
export function compileJsonTemplate(fields: Readonly<Record<string, JsonTemplate>>, omitEmpty: boolean): (info: StreamInfo) => string {
  const object = compileObject(fields, omitEmpty)
  return info => object(info) ?? '{}'
}

function compilePart(template: JsonTemplate, omitEmpty: boolean): Part {
  if (typeof template === 'string') return compileText(template, omitEmpty)
  if (template === null) return () => null
  if (typeof template !== 'object') {
    const constant = JSON.stringify(template)
    return () => constant
  }
  return isList(template) ? compileList(template, omitEmpty) : compileObject(template, omitEmpty)
}

function isList(template: JsonTemplate): template is readonly JsonTemplate[] {
  return Array.isArray(template)
}

function compileText(template: string, omitEmpty: boolean): Part {
  const { name, argument } = singleCommand(template)
  const value = METADATA_VALUES[name]?.(argument)
  if (value !== undefined) return info => jsonOf(value(info))
  const formatter = compileFormatter(template)
  const numeric = NUMERIC_OPERATORS.has(name)
  return info => {
    const single = formatter.single(info)
    if (single === null) return null
    if (single !== undefined) return numeric ? single : JSON.stringify(single)
    return JSON.stringify(formatter.format(info, omitEmpty ? '' : '-'))
  }
}

/** `%RESPONSE_CODE%`, `%METADATA(ROUTE:a:b)%`: one command and nothing else; empty texts for anything else. */
function singleCommand(template: string): { readonly name: string; readonly argument: string } {
  const { literals, commands } = parseTemplate(template)
  const [only] = commands
  return commands.length === 1 && only !== undefined && literals.every(text => text === '') ? only : { name: '', argument: '' }
}

function compileObject(template: Readonly<Record<string, JsonTemplate>>, omitEmpty: boolean): Part {
  const fields = Object.entries(template)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ key: JSON.stringify(name), part: compilePart(value, omitEmpty) }))
  return info => {
    const members: string[] = []
    for (const { key, part } of fields) {
      const text = part(info)
      if (text !== null || !omitEmpty) members.push(`${key}:${text ?? 'null'}`)
    }
    return omitEmpty && members.length === 0 ? null : `{${members.join(',')}}`
  }
}

function compileList(template: readonly JsonTemplate[], omitEmpty: boolean): Part {
  const parts = template.map(value => compilePart(value, omitEmpty))
  return info => {
    const items: string[] = []
    for (const part of parts) {
      const text = part(info)
      if (text !== null || !omitEmpty) items.push(text ?? 'null')
    }
    return omitEmpty && items.length === 0 ? null : `[${items.join(',')}]`
  }
}

function jsonOf(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value)
}
