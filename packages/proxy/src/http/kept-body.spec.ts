import { expect, test } from 'vitest'
import { KeptBody } from './kept-body.ts'

const MIB = 1024 * 1024

test('a chunk of a buffer that is read into again is copied', () => {
  const body = new KeptBody()
  const volatile = Buffer.from('first')
  const lasting = Buffer.from('other')
  body.keep(volatile, true)
  body.keep(lasting, false)
  volatile.fill('x')
  expect(Buffer.concat(body.chunks).toString()).toBe('firstother')
  expect(body.chunks[1]).toBe(lasting)
})

test('beyond 64 KiB the client should wait, beyond 1 MiB a request is not repeated', () => {
  const body = new KeptBody()
  body.keep(Buffer.alloc(65_536), false)
  expect(body.full).toBe(false)
  expect([body.mayGrow(MIB - 65_536), body.mayGrow(MIB - 65_535)]).toEqual([true, false])
  body.keep(Buffer.alloc(1), false)
  expect(body.full).toBe(true)
})

test('what is lost once is never whole again', () => {
  const body = new KeptBody()
  body.keep(Buffer.from('a'), false)
  body.lose()
  expect([body.lost, body.chunks, body.mayGrow(1)]).toEqual([true, [], false])
})
