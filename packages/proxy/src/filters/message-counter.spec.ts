import { expect, test } from 'vitest'
import { MessageCounter } from './message-counter.ts'

function message(bytes: number): Buffer {
  const frame = Buffer.alloc(5 + bytes)
  frame.writeUInt32BE(bytes, 1)
  return frame
}

test('messages are counted however they are cut', () => {
  const call = Buffer.concat([message(0), message(300), message(1), message(70_000)])
  for (const size of [1, 2, 5, 7, 4096, call.length]) {
    const counter = new MessageCounter()
    for (let at = 0; at < call.length; at += size) counter.add(call.subarray(at, at + size))
    expect(counter.count).toBe(4)
  }
})
