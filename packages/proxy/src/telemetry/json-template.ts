import { compileFormatter, type Formatter } from './formatter.ts'
import { NUMERIC_OPERATORS } from './operators.ts'
import type { StreamInfo } from './stream-info.ts'

/** A JSON object whose values are templates; a value that is one number operator only is a number. */
export function compileJsonTemplate(fields: Readonly<Record<string, string>>): (info: StreamInfo) => string {
  const parts = Object.entries(fields).map(([name, template]) => ({
    key: JSON.stringify(name),
    formatter: compileFormatter(template),
    numeric: NUMERIC_OPERATORS.has(/^%([A-Z_]+)%$/.exec(template)?.[1] ?? ''),
  }))
  return info => `{${parts.map(part => `${part.key}:${jsonValue(part.formatter, part.numeric, info)}`).join(',')}}`
}

function jsonValue(formatter: Formatter, numeric: boolean, info: StreamInfo): string {
  const single = formatter.single(info)
  if (single === null) return 'null'
  if (single !== undefined) return numeric ? single : JSON.stringify(single)
  return JSON.stringify(formatter.format(info, '-'))
}
