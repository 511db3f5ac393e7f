/** `A B C`, then `C B A`, and so on: a drift of the machine falls on all subjects alike. */
export function abba<T>(subjects: readonly T[], rounds: number): T[] {
  return Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? subjects : subjects.toReversed())).flat()
}
