import { once } from 'node:events'
import { connect, createServer } from 'node:net'

import { expect, it } from 'vitest'

import { Relay, type RelayPlan } from './relay.ts'

interface Told {
  /** What the server got. */
  readonly server: string
  /** What the client got, and how its connection ended. */
  readonly client: string
  readonly ended: 'end' | 'reset' | 'open'
}

/** The client sends `request`; the server answers `response` once it has something and ends with the client. */
async function through(plan: RelayPlan): Promise<Told> {
  let server = ''
  const target = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.write('response'))
    socket.on('data', (part: Buffer) => (server += part.toString()))
    socket.once('end', () => socket.end())
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  const address = target.address()
  await using relay = await Relay.listen(typeof address === 'object' && address !== null ? address.port : 0)
  relay.plan = () => plan
  let client = ''
  let ended: Told['ended'] = 'open'
  const socket = connect({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('data', (part: Buffer) => (client += part.toString()))
  socket.once('end', () => (ended = 'end'))
  socket.on('error', () => (ended = 'reset'))
  socket.write('request')
  await new Promise(resolve => setTimeout(resolve, 60))
  socket.destroy()
  target.close()
  return { server, client, ended }
}

it('passes everything unless told otherwise', async () => {
  expect(await through({})).toEqual({ server: 'request', client: 'response', ended: 'open' })
})

it('ends, resets, silences or corrupts after so many bytes', async () => {
  expect(await through({ toClient: { kind: 'reset', afterBytes: 0 } })).toMatchObject({ client: '', ended: 'reset' })
  expect(await through({ toClient: { kind: 'end', afterBytes: 3 } })).toMatchObject({ client: 'res', ended: 'end' })
  expect(await through({ toServer: { kind: 'silence', afterBytes: 3 } })).toEqual({ server: 'req', client: 'response', ended: 'open' })
  expect(await through({ toClient: { kind: 'corrupt', afterBytes: 1 } })).toEqual({ server: 'request', client: 'rdsponse', ended: 'open' })
  expect(await through({ toClient: { kind: 'half-close', afterBytes: 2 } })).toEqual({ server: 'request', client: 're', ended: 'end' })
})

it('delays', async () => {
  expect(await through({ delayMs: 50 })).toMatchObject({ server: 'request', client: '' })
})
