import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { fileDescriptorOf } from './open-transport.ts'
import { keepAlive, silenceMs } from './tcp-keep-alive.ts'

it('tells after how much silence a connection is dead', () => {
  expect(silenceMs({ idleS: 10, intervalS: 5, probes: 3 })).toBe(25_000)
  expect(silenceMs({ idleS: null, intervalS: null, probes: null })).toBe((7200 + 75 * 9) * 1000)
  expect(silenceMs({ idleS: 4_000_000_000, intervalS: 4_000_000_000, probes: 100 })).toBe(2 ** 31 - 1)
})

it.skipIf(process.platform !== 'linux')('makes the system probe', async () => {
  const server = createServer(socket => socket.resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  await once(socket, 'connect')
  expect(keepAlive(fileDescriptorOf(socket), { idleS: 30, intervalS: 5, probes: 3 })).toBe(true)
  // The timer that the kernel shows is that of the next probe.
  const shown = execFileSync('ss', ['-tno', 'sport', '=', `:${socket.localPort}`], { encoding: 'utf8' })
  expect(shown).toMatch(/keepalive,(?:29|30)/)
  expect(keepAlive(-1, { idleS: 1, intervalS: 1, probes: 1 })).toBe(false)
  socket.destroy()
  server.close()
})
