import { sleep, systemClock } from '@meshwork/core/time'

const POLL_MS = 20

/** Repeats `attempt` until it does not throw; gives the milliseconds that took. The last failure is the test's. */
export async function eventually(attempt: () => Promise<void> | void, limitMs: number = 10_000): Promise<number> {
  const begin = performance.now()
  for (;;) {
    try {
      await attempt()
      return performance.now() - begin
    } catch (error) {
      if (performance.now() - begin > limitMs) throw error
      await sleep(systemClock, POLL_MS)
    }
  }
}
