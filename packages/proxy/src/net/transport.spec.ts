import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Transport, type TransportHandler } from './transport.ts'

const IGNORE: TransportHandler = { onBytes: () => {}, onFin: () => {}, onDrain: () => {}, onClosed: () => {} }

let server: Server
let client: Socket
let transport: Transport
/** What the client received, one entry for each event. */
let received: string[]

beforeEach(async () => {
  received = []
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  client.on('data', bytes => received.push(bytes.toString('latin1')))
  const [accepted]: [Socket] = await new Promise(resolve => {
    server.once('connection', socket => resolve([socket]))
  })
  transport = new Transport(accepted, IGNORE, null)
})

afterEach(() => {
  transport.destroy()
  client.destroy()
  server.close()
})

async function allReceived(): Promise<string> {
  transport.end()
  await once(client, 'end')
  return received.join('')
}

it('sends the texts of one turn together', async () => {
  transport.writeText('one ')
  transport.writeText('two ')
  expect(transport.socket.bytesWritten).toBe(0)
  await turn()
  expect(transport.socket.bytesWritten).toBe(8)
  expect(await allReceived()).toBe('one two ')
})

it('keeps the order of texts and bytes', async () => {
  transport.writeText('a')
  transport.writeBytes(Buffer.from('b'))
  transport.writeText('c')
  transport.writeFramed('d', Buffer.from('e'), 'f', false)
  transport.writeText('g')
  expect(await allReceived()).toBe('abcdefg')
})

it('sends what waits before it ends, closes or goes', async () => {
  transport.writeText('last words')
  transport.destroy()
  await once(client, 'close')
  expect(received.join('')).toBe('last words')
})

it('gives the place of shared bytes back only when nobody reads it any more', async () => {
  let place = Buffer.alloc(65_536)
  let sent = ''
  let kept = 0
  // The kernel takes the first ones, one of them in part; the others wait.
  for (let i = 0; i < 200; i++) {
    place.fill(97 + (i % 26))
    sent += place.toString('latin1')
    if (transport.writeShared(place)) continue
    kept++
    place = Buffer.alloc(65_536)
  }
  place.fill(0)
  expect(kept).toBe(1)
  expect((await allReceived()) === sent, 'all bytes arrived as they were when they were written').toBe(true)
})
