import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { fileDescriptorOf } from './open-transport.ts'
import { keepAlive, silenceMs } from './tcp-keep-alive.ts'

it('tells after how much silence a connection is dead', () => {
  expect(silenceMs({ idleS: 10, intervalS: 5, probes: 3 })).toBe(25_000)
  expect(silenceMs({ idleS: null, intervalS: null, probes: null })).toBe((7200 + 75 * 9) * 1000)
  expect(silenceMs({ idleS: 4_000_000_000, intervalS: 4_000_000_000, probes: 100 })).toBe(2 ** 31 - 1)
})

/** When the next keep-alive probe is due, as proc(5) tells in `tr` (2: that timer) and `tm->when` (hundredths of a second). */
function probeSeconds(localPort: number): number {
  const port = localPort.toString(16).toUpperCase().padStart(4, '0')
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find(each => new RegExp(`^ *\\d+: [0-9A-F]{8}:${port} `).test(each))
  const timer = /[0-9A-F]{8}:[0-9A-F]{8} 02:([0-9A-F]{8})/.exec(line ?? '')?.[1] ?? ''
  return Number.parseInt(timer, 16) / 100
}

it.skipIf(process.platform !== 'linux')('makes the system probe', async () => {
  const server = createServer(socket => socket.resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  await once(socket, 'connect')
  expect(keepAlive(fileDescriptorOf(socket), { idleS: 30, intervalS: 5, probes: 3 })).toBe(true)
  const seconds = probeSeconds(socket.localPort ?? 0)
  expect(seconds).toBeGreaterThan(28)
  expect(seconds).toBeLessThanOrEqual(30)
  expect(keepAlive(-1, { idleS: 1, intervalS: 1, probes: 1 })).toBe(false)
  socket.destroy()
  server.close()
})
