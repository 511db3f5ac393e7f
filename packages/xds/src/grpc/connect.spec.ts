import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { credentials } from '@grpc/grpc-js'
import { expect, it } from 'vitest'
import { connectAds } from './connect.ts'

const CONNECT_LIMIT_MS = 300
const REQUEST = { kind: 'sotw', node: null, typeUrl: 'a', resourceNames: [], versionInfo: '', responseNonce: '', error: null } as const

it('a connection that is never answered is given up, and the next stream has one of its own', async () => {
  const sockets: Socket[] = []
  const server = createServer(socket => sockets.push(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const { open } = connectAds(`127.0.0.1:${port}`, {
    credentials: credentials.createSsl(),
    serverName: 'pilot',
    connectLimitMs: CONNECT_LIMIT_MS,
  })
  for (const attempt of [1, 2]) {
    const reason = await new Promise<string>(closed => {
      open('sotw', { received: () => undefined, closed }).send(REQUEST)
    })
    expect(reason).toBe('no connection within 0.3 s')
    expect(sockets).toHaveLength(attempt)
  }
  for (const socket of sockets) socket.destroy()
  server.close()
})
