import { bagOf } from '@meshwork/core/attributes'
import { silentLogger } from '@meshwork/core/log'
import { StatsRegistry } from '@meshwork/core/metrics'
import { CheckResponse, ReferencedAttributes_Condition } from '@meshwork/protos/istio/mixer/v1/check'
import type { ReportRequest } from '@meshwork/protos/istio/mixer/v1/report'
import { ManualClock } from '@meshwork/testkit/clock'
import { describe, expect, it } from 'vitest'

import { Checker, type CheckWaiter } from './checker.ts'
import { MixerStats } from './mixer-stats.ts'
import type { CallFailure, MixerTransport } from './mixer-transport.ts'
import { Reporter } from './reporter.ts'
import type { Verdict } from './verdict.ts'

/** The far end of the wire, answered by hand. */
class WireInMemory implements MixerTransport {
  readonly checks: ((failure: CallFailure | null, response: CheckResponse | null) => void)[] = []
  readonly reports: ReportRequest[] = []
  cancelled = 0

  check(_request: unknown, done: (failure: CallFailure | null, response: CheckResponse | null) => void): { cancel(): void } {
    this.checks.push(done)
    return { cancel: () => void this.cancelled++ }
  }

  report(request: ReportRequest, done: (failure: CallFailure | null) => void): void {
    this.reports.push(request)
    done(null)
  }

  close(): void {}
}

class Waiter implements CheckWaiter {
  readonly bag
  readonly failOpen: boolean
  readonly verdicts: (Verdict & { readonly fromCache: boolean })[] = []

  constructor(attributes: Record<string, string>, failOpen = false) {
    this.bag = bagOf(attributes)
    this.failOpen = failOpen
  }

  verdictKnown(verdict: Verdict, fromCache: boolean): void {
    this.verdicts.push({ code: verdict.code, message: verdict.message, fromCache })
  }
}

function setup(cacheCapacity = 100): { wire: WireInMemory; checker: Checker; registry: StatsRegistry } {
  const wire = new WireInMemory()
  const registry = new StatsRegistry()
  const stats = new MixerStats(registry.scope('http_mixer_filter.', '', {}))
  return { wire, registry, checker: new Checker({ clock: new ManualClock(), transport: wire, stats, cacheCapacity }) }
}

/** Allows, and depends on `request.path`. */
function allowed(uses = 100): CheckResponse {
  const referencedAttributes = {
    words: ['request.path'],
    attributeMatches: [{ name: -1, condition: ReferencedAttributes_Condition.EXACT }],
  }
  return CheckResponse.fromPartial({ precondition: { validUseCount: uses, referencedAttributes } })
}

describe('Checker', () => {
  it('asks once for requests that get one answer', () => {
    const { wire, checker } = setup()
    const waiters = [new Waiter({ 'request.path': '/' }), new Waiter({ 'request.path': '/' }), new Waiter({ 'request.path': '/other' })]
    for (const waiter of waiters) checker.ask(waiter)
    expect(wire.checks).toHaveLength(2)
    wire.checks[0]?.(null, allowed())
    expect(waiters.map(waiter => waiter.verdicts.length)).toEqual([1, 1, 0])
    expect(waiters[1]?.verdicts[0]?.fromCache).toBe(true)
    expect(checker.fromCache(bagOf({ 'request.path': '/' }))).toEqual({ code: 0, message: '' })
  })

  it('asks again for a follower whom the answer does not cover', () => {
    const { wire, checker } = setup()
    const follower = new Waiter({ 'request.path': '/' })
    checker.ask(new Waiter({ 'request.path': '/' }))
    checker.ask(follower)
    wire.checks[0]?.(null, allowed(0))
    expect(follower.verdicts).toEqual([])
    wire.checks[1]?.(null, allowed(0))
    expect(follower.verdicts).toHaveLength(1)
  })

  it('lets a request pass or not when Mixer cannot be asked', () => {
    const { wire, checker } = setup()
    const open = new Waiter({ 'request.path': '/open' }, true)
    const closed = new Waiter({ 'request.path': '/closed' })
    checker.ask(open)
    checker.ask(closed)
    for (const answer of wire.checks) answer({ code: 14, message: 'gone' }, null)
    expect(open.verdicts).toMatchObject([{ code: 0 }])
    expect(closed.verdicts).toMatchObject([{ code: 14, message: 'gone' }])
  })

  it('cancels the call when nobody waits for it any more', () => {
    const { wire, checker } = setup()
    const waiters = [new Waiter({ 'request.path': '/' }), new Waiter({ 'request.path': '/' })]
    for (const waiter of waiters) checker.ask(waiter)
    if (waiters[0] !== undefined) checker.forget(waiters[0])
    expect(wire.cancelled).toBe(0)
    if (waiters[1] !== undefined) checker.forget(waiters[1])
    expect(wire.cancelled).toBe(1)
    wire.checks[0]?.(null, allowed())
    expect(waiters.flatMap(waiter => waiter.verdicts)).toEqual([])
  })

  it('counts local and remote checks', () => {
    const { wire, checker, registry } = setup()
    for (let turn = 0; turn < 10; turn++) {
      const waiter = new Waiter({ 'request.path': '/' })
      if (checker.fromCache(waiter.bag) === null) checker.ask(waiter)
      wire.checks[0]?.(null, allowed())
    }
    const count = (name: string): number => registry.value(registry.find(`http_mixer_filter.${name}`)?.slot ?? -1)
    expect([count('total_check_calls'), count('total_remote_check_calls')]).toEqual([10, 1])
  })
})

describe('Reporter', () => {
  function reporter(batchSize: number): { wire: WireInMemory; clock: ManualClock; reports: Reporter } {
    const wire = new WireInMemory()
    const clock = new ManualClock()
    const stats = new MixerStats(new StatsRegistry().scope('', '', {}))
    return { wire, clock, reports: new Reporter({ clock, log: silentLogger, transport: wire, stats, batchSize, batchMs: 1000 }) }
  }

  it('sends full batches, and the rest when flushed', () => {
    const { wire, reports } = reporter(3)
    for (let turn = 0; turn < 10; turn++) reports.report(bagOf({ key: 'value' }))
    expect(wire.reports.map(request => request.attributes.length)).toEqual([3, 3, 3])
    reports.flush()
    expect(wire.reports).toHaveLength(4)
  })

  it('starts a new batch when an attribute is gone', () => {
    const { wire, reports } = reporter(3)
    reports.report(bagOf({ key: 'value' }))
    expect(wire.reports).toHaveLength(0)
    reports.report(bagOf({}))
    expect(wire.reports).toHaveLength(1)
    reports.flush()
    expect(wire.reports).toHaveLength(2)
  })

  it('sends after a second', () => {
    const { wire, clock, reports } = reporter(3)
    reports.report(bagOf({ key: 'value' }))
    clock.advance(999)
    expect(wire.reports).toHaveLength(0)
    clock.advance(1)
    expect(wire.reports).toHaveLength(1)
    reports.flush()
    expect(wire.reports).toHaveLength(1)
  })

  it('codes only what changed', () => {
    const { wire, reports } = reporter(2)
    reports.report(bagOf({ key: 'value', other: 1n }))
    reports.report(bagOf({ key: 'value', other: 2n }))
    const [first, second] = wire.reports[0]?.attributes ?? []
    expect(Object.keys(first?.strings ?? {})).toHaveLength(1)
    expect(Object.keys(second?.strings ?? {})).toHaveLength(0)
  })
})
