import type { ExpectedHeaders } from './must.ts'

type Pairs = readonly (readonly [string, string])[]

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '<uuid>': '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  '<ms>': '\\d+',
  '<hash>': '[0-9a-fA-F]+',
  '<pem>': '[^;]+',
}

/** One sentence per header that differs from what is expected. */
export function compareHeaders(place: string, expected: ExpectedHeaders, actual: Pairs): readonly string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const lines = actual.filter(([key]) => key === name.toLowerCase()).map(([, line]) => line)
    return matches(value, lines) ? [] : [`${place} header ${name}: expected ${JSON.stringify(value)}, got ${JSON.stringify(lines)}`]
  })
}

function matches(expected: string | null | readonly string[], lines: readonly string[]): boolean {
  if (expected === null) return lines.length === 0
  if (typeof expected === 'string') return lines.length > 0 && pattern(expected).test(lines.join(','))
  const split = lines.length === 1 ? (lines[0] ?? '').split(/,\s*/) : lines
  return equalLines(expected, lines) || equalLines(expected, split)
}

function equalLines(expected: readonly string[], lines: readonly string[]): boolean {
  return expected.length === lines.length && expected.every((line, index) => pattern(line).test(lines[index] ?? ''))
}

function pattern(text: string): RegExp {
  const escaped = text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll(/<(?:uuid|ms|hash|pem)>/g, placeholder => PLACEHOLDERS[placeholder] ?? placeholder)}$`, 's')
}
