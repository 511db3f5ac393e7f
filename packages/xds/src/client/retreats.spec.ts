import { describe, expect, it } from 'vitest'
import { ENDPOINT_TYPE, ROUTE_TYPE } from '../types/type-urls.ts'
import { Retreats } from './retreats.ts'

const PATIENCE_MS = 5_000

/** Follows streams as a client does; holds the version in force. */
class Follower {
  held = '1'
  readonly retreats = new Retreats(PATIENCE_MS)
  private readonly type: string

  constructor(type: string = ROUTE_TYPE) {
    this.type = type
  }

  /** A new stream that begins with `version`. True if it was followed. */
  stream(version: string, nowMs: number): boolean {
    this.retreats.begin(nowMs)
    if (this.retreats.isRetreat(this.type, this.held, version, true, nowMs)) return false
    this.follow(version)
    return true
  }

  /** The next version on the same stream. */
  follow(version: string): void {
    this.retreats.accepted(this.type, this.held, version)
    this.held = version
  }
}

describe('retreats', () => {
  it('leaves a stream that begins with what was replaced, and follows one that is new or the same', () => {
    const follower = new Follower()
    follower.follow('2')
    expect(follower.stream('1', 0)).toBe(false)
    expect(follower.stream('2', 100)).toBe(true)
    expect(follower.stream('3', 200)).toBe(true)
    expect(follower.stream('2', 300)).toBe(false)
  })

  it('follows what goes back within a stream, and asks before it goes forth again', () => {
    const follower = new Follower()
    follower.follow('2')
    follower.follow('1')
    expect(follower.held).toBe('1')
    expect(follower.stream('2', 0)).toBe(false)
  })

  it('believes what has lasted, with all types of that stream', () => {
    const follower = new Follower()
    follower.follow('2')
    for (const nowMs of [0, 1_000, 4_999]) expect(follower.stream('1', nowMs)).toBe(false)
    expect(follower.stream('1', PATIENCE_MS)).toBe(true)
    expect(follower.retreats.isRetreat(ROUTE_TYPE, '9', '2', true, PATIENCE_MS)).toBe(false)
  })

  it('has twice the patience after it was in vain, until something new is written', () => {
    const follower = new Follower()
    follower.follow('2')
    follower.stream('1', 0)
    follower.stream('1', PATIENCE_MS)
    expect(follower.stream('2', 6_000)).toBe(false)
    expect(follower.stream('2', 15_999)).toBe(false)
    expect(follower.stream('2', 16_000)).toBe(true)
    follower.follow('3')
    expect(follower.stream('2', 17_000)).toBe(false)
    expect(follower.stream('2', 22_000)).toBe(true)
  })

  it('says how long it will go on to doubt, never longer than twenty seconds', () => {
    const follower = new Follower()
    follower.follow('2')
    expect(follower.retreats.remainingMs(0)).toBe(0)
    let nowMs = 0
    for (const patienceMs of [PATIENCE_MS, 2 * PATIENCE_MS, 4 * PATIENCE_MS, 4 * PATIENCE_MS]) {
      const offered = follower.held === '2' ? '1' : '2'
      expect(follower.stream(offered, nowMs)).toBe(false)
      expect(follower.retreats.remainingMs(nowMs + 1_000)).toBe(patienceMs - 1_000)
      nowMs += patienceMs
      expect(follower.stream(offered, nowMs)).toBe(true)
    }
  })

  it('begins to wait anew after a sound stream', () => {
    const follower = new Follower()
    follower.follow('2')
    follower.stream('1', 0)
    // It sends nothing, as the client has all that it has.
    follower.retreats.begin(100)
    expect(follower.stream('1', 60_000)).toBe(false)
  })

  it('minds no endpoints', () => {
    const follower = new Follower(ENDPOINT_TYPE)
    follower.follow('2')
    expect(follower.stream('1', 0)).toBe(true)
  })

  it('remembers no more than it must', () => {
    const follower = new Follower()
    for (let version = 2; version < 100; version++) follower.follow(String(version))
    expect(follower.stream('2', 0)).toBe(true)
    const other = new Follower()
    for (let version = 2; version < 60; version++) other.follow(String(version))
    expect(other.stream('2', 0)).toBe(false)
  })
})
