import { expect, test } from 'vitest'
import { Base64Decoder } from './base64-decoder.ts'

test('pieces cut anywhere and padding in the middle give the bytes', () => {
  const text = `${Buffer.from('a').toString('base64')}${Buffer.from('hello').toString('base64')}${Buffer.from('xyz').toString('base64')}`
  for (let size = 1; size <= text.length; size++) {
    const decoder = new Base64Decoder()
    const parts: Buffer[] = []
    for (let at = 0; at < text.length; at += size) parts.push(decoder.decode(Buffer.from(text.slice(at, at + size))) ?? Buffer.from('!'))
    expect(Buffer.concat(parts).toString()).toBe('ahelloxyz')
    expect(decoder.complete).toBe(true)
  }
})

test.each(['ab=c', 'a===', 'ab!d', '=abc'])('%s is not base64', text => {
  expect(new Base64Decoder().decode(Buffer.from(text))).toBeNull()
})

test('a group that is cut off is known', () => {
  const decoder = new Base64Decoder()
  expect(decoder.decode(Buffer.from('YWJjZA'))?.toString()).toBe('abc')
  expect(decoder.complete).toBe(false)
})
