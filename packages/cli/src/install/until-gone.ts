import { type Clock, sleep } from '@meshwork/core/time'
import { inParallel } from './survey.ts'

const POLL_MS = 250
/** Longer than any component drains, in milliseconds; what a lost node would have to end is not waited for. */
const LIMIT_MS = 60_000

/** Waits until none of `items` is there. Answers with those that still are after a minute. */
export async function untilGone<T>(items: readonly T[], isThere: (item: T) => Promise<boolean>, clock: Clock): Promise<readonly T[]> {
  const start = clock.monotonicMs()
  let left = items
  for (;;) {
    const states = await inParallel(left, async item => ({ item, there: await isThere(item) }))
    left = states.flatMap(({ item, there }) => (there ? [item] : []))
    if (left.length === 0 || clock.monotonicMs() - start > LIMIT_MS) return left
    await sleep(clock, POLL_MS)
  }
}
