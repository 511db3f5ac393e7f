import type { Explanation } from './explanations.ts'

/** What each reader made of one case, by its name. */
export type Verdicts = ReadonlyMap<string, string>

/** Names of the readers that are known to differ from us, by case. */
export function listedDifferences(explanations: readonly Explanation[]): ReadonlyMap<string, readonly string[]> {
  return new Map(explanations.flatMap(({ cases }) => Object.entries(cases)))
}

/** Names of the readers whose verdict is not ours, in order. */
export function differing(verdicts: Verdicts): readonly string[] {
  return [...verdicts].flatMap(([name, verdict]) => (verdict === verdicts.get('meshwork') ? [] : [name])).toSorted()
}

/** The first verdicts that differ as `listed`, or the last: each longer wait gives a slow machine another chance. */
export async function verdictsOf(
  waitsMs: readonly number[],
  listed: readonly string[],
  read: (waitMs: number) => Promise<Verdicts>,
): Promise<Verdicts> {
  let verdicts: Verdicts = new Map()
  for (const waitMs of waitsMs) {
    verdicts = await read(waitMs)
    if (differing(verdicts).join(' ') === listed.toSorted().join(' ')) break
  }
  return verdicts
}
