import type { ProxyAdmin } from '../bootstrap/index.ts'

/** All counters and gauges of a proxy by their whole names, at one moment. */
export async function proxyStats(admin: ProxyAdmin): Promise<ReadonlyMap<string, number>> {
  const text = await admin.page('/stats')
  return new Map([...text.matchAll(/^(.+): (\d+)$/gm)].map(([, name = '', value]) => [name, Number(value)]))
}

/** How much all figures whose names match grew from one moment to another. */
export function growth(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>, names: RegExp): number {
  return [...after].reduce((sum, [name, value]) => (names.test(name) ? sum + value - (before.get(name) ?? 0) : sum), 0)
}
