import { HTTP2_FLOODS, http2Preface } from '@meshwork/testkit/attack'
import { expect, test } from 'vitest'
import { DEFAULT_HTTP2_OPTIONS } from './http2-options.ts'
import { end } from './testdata/session-pair.ts'

/** Feeds pieces until the session fails, 100 at the most; gives why, and how many bytes that took. */
function flooded(name: string): { readonly problem: string; readonly megabytes: number } {
  const { session, sink, output } = end('server', { ...DEFAULT_HTTP2_OPTIONS, invalidMessageResetsStream: true })
  const flood = HTTP2_FLOODS.find(each => each.name === name)
  if (flood === undefined) throw new Error(`no flood '${name}'`)
  let fed = 0
  const feed = (bytes: Buffer): void => {
    // As a socket reads.
    for (let at = 0; at < bytes.length && !session.failed; at += 65_536) {
      session.feed(bytes, at, Math.min(bytes.length, at + 65_536), 0)
      session.flush()
      output.take()
      fed += Math.min(65_536, bytes.length - at)
    }
  }
  feed(http2Preface())
  for (let round = 0; round < 100 && !session.failed; round++) feed(flood.piece(round))
  return { problem: sink.events.find(event => event.startsWith('error')) ?? 'none', megabytes: fed / 1_048_576 }
}

test.each([
  ['rapid reset', 'premature_resets'],
  ['resets that the server is made to send', 'premature_resets'],
  ['CONTINUATION without an end', 'continuation_flood'],
  ['small CONTINUATIONs without an end', 'continuation_flood'],
  ['PING', 'ping_flood'],
  ['SETTINGS', 'settings_flood'],
  ['PRIORITY', 'inbound_priority_frames_flood'],
  ['PRIORITY beside as many requests', 'inbound_priority_frames_flood'],
  ['empty DATA', 'inbound_empty_frames_flood'],
  ['empty CONTINUATION', 'inbound_empty_frames_flood'],
  ['WINDOW_UPDATE of the connection', 'inbound_window_update_frames_flood'],
  ['WINDOW_UPDATE of a stream', 'inbound_window_update_frames_flood'],
  ['acknowledged SETTINGS that nobody sent', 'settings_flood'],
  ['answers to a PING that nobody sent', 'ping_flood'],
  ['streams beyond the limit', 'premature_resets'],
  ['amplified header blocks', 'premature_resets'],
  ['cookie crumbs', 'premature_resets'],
])('%s ends the session: %s', (name, problem) => {
  const end = flooded(name)
  expect(end.problem).toBe(`error 11 ${problem}`)
  expect(end.megabytes).toBeLessThan(3)
})
