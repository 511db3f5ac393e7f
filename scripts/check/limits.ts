import type { SourceMeasure } from './source-file.ts'

/** The size and hygiene limits of spec/models.md section 4, rows 5, 6, 7 and 24. */
export interface Finding {
  readonly limit: string
  readonly allowed: number
  readonly measured: number
  readonly passed: boolean
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}

function atMost(limit: string, measured: number, allowed: number): Finding {
  return { limit, allowed, measured: Math.round(measured * 100) / 100, passed: measured <= allowed }
}

export function checkLimits(files: readonly SourceMeasure[]): Finding[] {
  const lines = files.map(file => file.lines)
  const functions = files.flatMap(file => file.functions)
  const kilo = files.reduce((sum, file) => sum + file.codeLines, 0) / 1000
  const per1000 = (pick: (file: SourceMeasure) => number): number => files.reduce((sum, file) => sum + pick(file), 0) / kilo
  return [
    atMost('lines of a file, median', quantile(lines, 0.5), 150),
    atMost('lines of a file, 90th percentile', quantile(lines, 0.9), 300),
    atMost('lines of a file, longest', Math.max(0, ...lines), 500),
    atMost('lines of a function, median', quantile(functions, 0.5), 10),
    atMost('lines of a function, 90th percentile', quantile(functions, 0.9), 35),
    atMost('lines of a function, 99th percentile', quantile(functions, 0.99), 90),
    atMost(
      "'any' per 1000 lines",
      per1000(file => file.anyTypes),
      0.5,
    ),
    atMost(
      "'!' per 1000 lines",
      per1000(file => file.nonNullAssertions),
      1,
    ),
    atMost(
      "'as' per 1000 lines",
      per1000(file => file.casts),
      5,
    ),
  ]
}
