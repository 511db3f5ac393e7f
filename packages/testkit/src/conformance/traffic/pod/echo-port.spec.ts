import { expect, it } from 'vitest'

import { freePort } from '../../../net/index.ts'
import type { RequestSpec } from '../scenario.ts'
import { drive } from './drive.ts'
import { serveEndpoint } from './echo-port.ts'
import type { Note } from './messages.ts'

it('serves every protocol on one port, to the callers of the scenarios', async () => {
  const port = await freePort()
  const notes: Note[] = []
  const spec = { name: 'x', service: null, ip: '127.0.0.1', listens: [{ port, proto: 'http' }] }
  const steps = new Map<string, number>()
  const planIndex = (key: string): Promise<number> => {
    const index = steps.get(key) ?? 0
    steps.set(key, index + 1)
    return Promise.resolve(index)
  }
  await using _server = await serveEndpoint(
    { spec, bindAddress: '127.0.0.1', certificate: null },
    { note: note => notes.push(note), planIndex },
  )
  const call = (proto: RequestSpec['proto'], more: Partial<RequestSpec> = {}): ReturnType<typeof drive> =>
    drive({ spec: { id: 'r', from: 'outside', dial: `127.0.0.1:${port}`, proto, host: 'x', path: '/p', ...more }, certificate: null })

  for (const proto of ['http', 'http10', 'h2c', 'grpc'] as const) {
    expect(await call(proto, proto === 'grpc' ? { method: 'POST' } : {}), proto).toMatchObject([{ status: 200, endpoint: 'x' }])
  }
  expect(await call('ws', { body: 'ping' })).toMatchObject([{ status: 101, body: 'x got ping' }])
  expect(notes.map(note => note.protocol)).toEqual(['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/2.0', 'HTTP/1.1'])
  const planned = await call('http', { headers: { 'x-echo-plan': '503,reset,200', 'x-echo-key': 'k' }, count: 4 })
  expect(planned.map(answer => answer.status)).toEqual([503, 0, 200, 200])
  expect((await call('http', { method: 'get' }))[0]?.status).toBe(400)
})
