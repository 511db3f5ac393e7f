import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { OpenSockets } from './open-sockets.ts'

it('lets upstreams use a little more than clients', async () => {
  const sockets = new OpenSockets()
  sockets.limit = 2
  sockets.clientCame()
  expect(sockets.full).toBe(false)
  const upstreams = Array.from({ length: 17 }, () => new Socket())
  for (const socket of upstreams) sockets.countUpstream(socket)
  expect([sockets.full, sockets.exhausted]).toEqual([true, true])
  upstreams[0]?.destroy()
  await new Promise(resolve => setImmediate(resolve))
  expect([sockets.full, sockets.exhausted]).toEqual([true, false])
  for (const socket of upstreams) socket.destroy()
  await new Promise(resolve => setImmediate(resolve))
  expect(sockets.full).toBe(false)
  sockets.clientLeft()
})
