import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

import { expect, it } from 'vitest'

import { endpoint } from '../engine/testdata/configs.ts'
import { connectTo } from './connect.ts'
import { Host } from './host.ts'

// Other systems have one loopback address only.
it.skipIf(process.platform !== 'linux').each([
  ['127.0.0.6', '127.0.0.6'],
  [null, '127.0.0.1'],
])('connects from %s', async (sourceAddress, seen) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const accepted = new Promise<Socket>(resolve => server.once('connection', resolve))
  const nothing = (): void => undefined
  const handler = { onConnected: nothing, onConnectFailed: nothing, onBytes: nothing, onFin: nothing, onDrain: nothing, onClosed: nothing }
  const transport = connectTo(
    new Host({ name: 'c', sourceAddress: sourceAddress, onHostHealthChanged: nothing }, endpoint(port)),
    null,
    handler,
  )
  const socket = await accepted
  expect(socket.remoteAddress).toBe(seen)
  transport?.destroy()
  socket.destroy()
  server.close()
})
