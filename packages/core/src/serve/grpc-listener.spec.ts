import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, type sendUnaryData, type ServerUnaryCall, type ServiceError, status } from '@grpc/grpc-js'
import { afterEach, expect, it } from 'vitest'
import type { SocketAddress } from '../ids/socket-address.ts'
import { type Clock, systemClock, type Timer } from '../time/clock.ts'
import { GrpcListener } from './grpc-listener.ts'

const ANY: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 }
const PATH = '/sample.Echo/Call'
const pass = (bytes: Buffer): Buffer => bytes

type Handler = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void
const echo: Handler = (call, callback) => callback(null, call.request)

/** Its timers end when the test says so. */
class HeldClock implements Clock {
  readonly pending = new Map<number, () => void>()
  private delay = 0

  now(): number {
    return 0
  }

  monotonicMs(): number {
    return 0
  }

  after(delayMs: number, run: () => void): Timer {
    this.delay = delayMs
    this.pending.set(delayMs, run)
    return { cancel: () => void this.pending.delete(delayMs) }
  }

  elapse(): void {
    this.pending.get(this.delay)?.()
  }
}

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close()
})

function listener(addresses: readonly SocketAddress[], handler: Handler = echo, graceMs = 0, clock: Clock = systemClock): GrpcListener {
  const serialization = { requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass }
  const call = { path: PATH, requestStream: false, responseStream: false, ...serialization }
  return new GrpcListener({
    name: 'echo',
    addresses,
    flag: '--echo-address',
    limits: { 'grpc.max_receive_message_length': 10 },
    graceMs,
    clock,
    addServices: server => server.addService({ call }, { call: handler }),
  })
}

function call(target: string, text: string): Promise<ServiceError | string> {
  const client = new Client(target, credentials.createInsecure())
  open.push(client)
  return new Promise(resolve => {
    client.makeUnaryRequest(PATH, pass, pass, Buffer.from(text), (error, answer) => resolve(error ?? String(answer)))
  })
}

/** A call that is with the server and is not answered before `answer` is called. */
async function callInProgress(
  graceMs: number,
  clock: Clock,
): Promise<{
  server: GrpcListener
  result: Promise<ServiceError | string>
  answer: () => void
}> {
  const arrived = Promise.withResolvers<() => void>()
  const server = listener([ANY], (request, callback) => arrived.resolve(() => echo(request, callback)), graceMs, clock)
  await server.start()
  const result = call(`127.0.0.1:${server.port}`, 'hi')
  return { server, result, answer: await arrived.promise }
}

it('serves on all its addresses, and says which ports they are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grpc-'))
  const path = join(folder, 'echo.sock')
  const server = listener([ANY, { kind: 'unix', path }])
  open.push({ close: () => rmSync(folder, { recursive: true, force: true }) }, server)
  expect(server.port).toBe(0)
  await server.start()
  expect(server.ports).toEqual([server.port, 0])
  expect(await call(`127.0.0.1:${server.port}`, 'tcp')).toBe('tcp')
  expect(await call(`unix:${path}`, 'unix')).toBe('unix')
})

it('keeps to its limits', async () => {
  const server = listener([ANY])
  open.push(server)
  await server.start()
  expect(await call(`127.0.0.1:${server.port}`, 'x'.repeat(11))).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
})

it('names the address and the flag when the port is taken', async () => {
  const first = listener([ANY])
  open.push(first)
  await first.start()
  const second = listener([{ kind: 'tcp', host: '127.0.0.1', port: first.port }], echo, 1_000)
  await expect(second.start()).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`127.0.0.1:${first.port}`),
    nextStep: expect.stringContaining('--echo-address'),
  })
  await second.close()
})

it('says why a socket cannot be made', async () => {
  const server = listener([{ kind: 'unix', path: '/nowhere/at/all.sock' }])
  await expect(server.start()).rejects.toMatchObject({ code: 'LISTEN_FAILED', nextStep: expect.stringContaining('--echo-address') })
  await server.close()
})

it('lets calls in progress end before it closes, and forgets the grace', async () => {
  const clock = new HeldClock()
  const { server, result, answer } = await callInProgress(500, clock)
  const closed = server.close()
  expect([...clock.pending.keys()]).toEqual([500])
  answer()
  expect(await result).toBe('hi')
  await closed
  expect(clock.pending.size).toBe(0)
})

it('ends calls in progress after the grace', async () => {
  const clock = new HeldClock()
  const { server, result } = await callInProgress(500, clock)
  const closed = server.close()
  clock.elapse()
  await closed
  expect(await result).toMatchObject({ code: expect.any(Number) })
})

it('ends calls in progress at once without a grace', async () => {
  const { server, result } = await callInProgress(0, systemClock)
  await server.close()
  expect(await result).toMatchObject({ code: expect.any(Number) })
})
