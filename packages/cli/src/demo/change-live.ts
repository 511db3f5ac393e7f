import { type Clock, sleep } from '@meshwork/core/time'
import type { LiveChange } from './report.ts'
import { isWhole, PRODUCT_PATH, type Visitor } from './visitor.ts'

const VISITORS = 4
/** Load before and after the change. */
const BEFORE_MS = 300
const AFTER_MS = 2000

interface Observation {
  readonly startedMs: number
  readonly whole: boolean
  readonly version: string | undefined
}

export interface Change {
  readonly service: string
  /** The only version that answers after the change. */
  readonly to: string
  readonly save: () => Promise<void>
}

/** Saves a changed file under continuous load; tells how long the old rule was still followed, and whether anything failed. */
export async function changeLive(visitor: Visitor, change: Change, clock: Clock): Promise<LiveChange> {
  const seen: Observation[] = []
  const stop = new AbortController()
  const visitors = Array.from({ length: VISITORS }, () => keepVisiting(visitor, change.service, clock, stop.signal, seen))
  await sleep(clock, BEFORE_MS)
  await change.save()
  const savedMs = clock.monotonicMs()
  await sleep(clock, AFTER_MS)
  stop.abort()
  await Promise.all(visitors)
  const old = seen.filter(each => each.startedMs >= savedMs && each.version !== change.to)
  const lastOld = old.reduce((latest, each) => Math.max(latest, each.startedMs), savedMs)
  const settled = seen.some(each => each.startedMs > lastOld && each.version === change.to)
  return {
    requests: seen.length,
    failed: seen.filter(each => !each.whole).length,
    effectiveAfterMs: settled ? Math.ceil(lastOld - savedMs) : Infinity,
  }
}

async function keepVisiting(visitor: Visitor, service: string, clock: Clock, signal: AbortSignal, seen: Observation[]): Promise<void> {
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs()
    const visit = await visitor.get(PRODUCT_PATH)
    seen.push({ startedMs, whole: isWhole(visit), version: visit.hops?.find(hop => hop.service === service)?.version })
  }
}
