import { describe, expect, test } from 'vitest'
import { FloodGuard } from './flood-guard.ts'
import { DEFAULT_FLOOD_LIMITS } from './http2-options.ts'

/** How many calls are within the budget. */
function budget(spend: () => boolean): number {
  for (let count = 0; count < 1_000_000; count++) if (spend()) return count
  return Number.POSITIVE_INFINITY
}

function guard(): FloodGuard {
  return new FloodGuard(DEFAULT_FLOOD_LIMITS)
}

describe('FloodGuard', () => {
  test('one frame without payload, unless it ends its stream', () => {
    const subject = guard()
    expect(budget(() => subject.emptyFrame(true, false))).toBe(1)
    expect(subject.emptyFrame(false, false)).toBe(false)
    expect(subject.emptyFrame(true, false)).toBe(false)
    expect(budget(() => guard().emptyFrame(true, true))).toBe(Number.POSITIVE_INFINITY)
  })

  test('PRIORITY: 100 for each stream and one more, and 1,000 in a second whatever the streams', () => {
    const few = guard()
    expect(budget(() => few.priority(2, 0))).toBe(300)
    const many = guard()
    expect(budget(() => many.priority(1_000_000, 0))).toBe(1000)
    expect(many.priority(1_000_000, 999)).toBe(true)
    expect(many.priority(1_000_000, 1000)).toBe(false)
  })

  test('WINDOW_UPDATE: 5, 2 for each stream, 20 for each frame of data that was sent', () => {
    const [idle, busy] = [guard(), guard()]
    expect(budget(() => idle.windowUpdate(0, 0))).toBe(5)
    expect(budget(() => busy.windowUpdate(3, 7))).toBe(5 + 2 * (3 + 10 * 7))
  })

  test.each([
    ['SETTINGS', 100, (subject: FloodGuard, nowMs: number) => subject.settingsFrame(nowMs)],
    ['PING', 1000, (subject: FloodGuard, nowMs: number) => subject.ping(nowMs)],
  ])('%s: so many in a second', (_name, limit, spend) => {
    const subject = guard()
    expect(budget(() => spend(subject, 5))).toBe(limit)
    expect(spend(subject, 1004)).toBe(true)
    expect(spend(subject, 1005)).toBe(false)
  })

  test('CONTINUATION: 1,000 in a header section', () => {
    const subject = guard()
    subject.headersBegin()
    expect(budget(() => subject.continuation())).toBe(1000)
    subject.headersBegin()
    expect(subject.continuation()).toBe(false)
  })

  test('premature resets: 100 in ten seconds', () => {
    const subject = guard()
    let opened = 0
    expect(budget(() => subject.prematureReset(0, ++opened))).toBe(100)
    expect(subject.prematureReset(9999, opened)).toBe(true)
    expect(subject.prematureReset(10_000, opened)).toBe(false)
  })

  test('premature resets: more where they are not more than half of what was opened in that time', () => {
    const shared = guard()
    shared.prematureReset(0, 5000)
    // One of three gives up.
    for (let i = 1; i < 1000; i++) expect(shared.prematureReset(0, 5000 + 3 * i)).toBe(false)
    // What was opened earlier excuses nothing.
    expect(shared.prematureReset(10_000, 8000)).toBe(false)
    expect(budget(() => shared.prematureReset(10_000, 8000))).toBe(99)
  })
})
