import { connect, type Server } from 'node:net'
import { expect, test } from 'vitest'
import { listenOn } from './listening-socket.ts'

const PLAIN = { backlog: 16, transparent: false, freebind: false }

async function listening(host: string, port: number, options = PLAIN, compat: { ipv4Compat?: true } = {}): Promise<Server> {
  const outcome = await listenOn({ kind: 'tcp', host, port, ...compat }, options, socket => socket.end('hello'))
  if (outcome.kind === 'err') throw new Error(outcome.error)
  return outcome.value
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('a socket made by hand accepts as any other', async () => {
  const server = await listening('127.0.0.1', 0, { ...PLAIN, freebind: true })
  const text = await new Promise(resolve => connect(portOf(server), '127.0.0.1').on('data', part => resolve(String(part))))
  expect(text).toBe('hello')
  server.close()
})

test('an address that no interface has', async () => {
  await expect(listening('192.0.2.77', 0)).rejects.toThrow(/^cannot bind '192.0.2.77:0'/)
  const server = await listening('192.0.2.77', 0, { ...PLAIN, freebind: true })
  expect(server.address()).toMatchObject({ address: '192.0.2.77' })
  server.close()
})

test('an address in use', async () => {
  const server = await listening('127.0.0.1', 0)
  const port = portOf(server)
  await expect(listening('127.0.0.1', port)).rejects.toThrow(`cannot bind '127.0.0.1:${port}': Address already in use`)
  await expect(listening('127.0.0.1', port, { ...PLAIN, freebind: true })).rejects.toThrow(/use/)
  server.close()
})

test.each([false, true])('an IPv6 address is no IPv4 address unless it is said so (made by hand: %s)', async freebind => {
  const options = { ...PLAIN, freebind }
  const v6 = await listening('::', 0, options)
  const v4 = await listening('0.0.0.0', portOf(v6), options)
  await Promise.all([v4, v6].map(server => new Promise(resolve => server.close(resolve))))
  const both = await listening('::', 0, options, { ipv4Compat: true })
  const text = await new Promise(resolve => connect(portOf(both), '127.0.0.1').on('data', part => resolve(String(part))))
  expect(text).toBe('hello')
  both.close()
})
