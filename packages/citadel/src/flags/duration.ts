import { MeshError } from '@meshwork/core/result'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads durations as Istio's flags have them (`2160h`, `1h30m`), and days (`90d`). Gives milliseconds, more than zero. */
export function parseDurationFlag(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)]
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0)
  if (total > 0 && parts.map(([whole]) => whole).join('') === text) return total
  throw new MeshError('BAD_FLAG', `'${text}' is not a duration`, { source: 'config', nextStep: 'write it like 24h, 90d or 1h30m' })
}
