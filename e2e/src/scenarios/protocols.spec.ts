import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'

import { freePorts, runCommand } from '@meshwork/testkit/net'
import { Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { peerPath } from '../../../scripts/peers/table.ts'
import { CounterClient, serveCounter } from '../apps/grpc-counter.ts'
import { echoOverWebSocket } from '../apps/websocket-client.ts'
import { ProxyPair } from '@meshwork/testkit/bootstrap'
import { eventually } from '../mesh/eventually.ts'
import { mariadbCommand, postgresCommand } from '../mesh/databases.ts'

const folder = mkdtempSync(join(tmpdir(), 'meshwork-protocols-'))
const [curl, h2load, wrk] = ['curl', 'nghttp', 'wrk'].map(name => peerPath(name)?.replace(/nghttp$/, 'h2load'))
const redis = peerPath('redis-server')
const mariadb = peerPath('mariadbd')
const postgres = peerPath('postgres')

const started: AsyncDisposable[] = []
let pair: ProxyPair
let grpc: Awaited<ReturnType<typeof serveCounter>>
let banner: Server

beforeAll(async () => {
  const [echo = 0, redisPort = 0, mariadbPort = 0, postgresPort = 0] = await freePorts(4)
  startEcho(echo)
  if (redis !== undefined) startCommand('redis', [redis, '--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--dir', folder])
  if (mariadb !== undefined) startCommand('mariadb', mariadbCommand(mariadb, folder, mariadbPort))
  if (postgres !== undefined) startCommand('postgres', postgresCommand(postgres, folder, postgresPort))
  grpc = await serveCounter()
  banner = createServer(greet)
  await new Promise<void>(resolve => banner.listen(0, '127.0.0.1', resolve))
  pair = await ProxyPair.start([
    { name: 'echo', port: echo, protocol: 'http1' },
    { name: 'grpc', port: grpc.port, protocol: 'http2' },
    { name: 'redis', port: redisPort, protocol: 'tcp' },
    { name: 'mariadb', port: mariadbPort, protocol: 'tcp' },
    { name: 'postgres', port: postgresPort, protocol: 'tcp' },
    { name: 'banner', port: (banner.address() as AddressInfo).port, protocol: 'tcp' },
  ])
  await eventually(async () => expect((await fetch(at('echo'))).status).toBe(200))
})

afterAll(async () => {
  await pair?.[Symbol.asyncDispose]()
  grpc?.stop()
  banner?.close()
  await Promise.all(started.map(process => process[Symbol.asyncDispose]()))
  rmSync(folder, { recursive: true, force: true })
})

function startEcho(port: number): void {
  const program = siblingProgram('../apps/echo', import.meta.url)
  started.push(startProgram(program, { name: 'echo', args: [], environment: { PORT: String(port), ECHO_NAME: 'paired' } }))
}

function startCommand(name: string, command: readonly string[]): void {
  started.push(new Child({ name, command, ipc: false, directory: folder }))
}

/** A server that speaks first and answers nothing before. */
function greet(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.write('220 ready\r\n')
  socket.on('data', line => socket.end(`250 ${line.toString()}`))
}

function at(service: string, path: string = '/'): string {
  return `http://127.0.0.1:${pair.entry(service)}${path}`
}

/** How many requests the application has seen, this one included. */
async function served(): Promise<number> {
  const { served: count } = JSON.parse(await (await fetch(at('echo'))).text())
  return Number(count)
}

describe.skipIf(curl === undefined)('curl', () => {
  const BODY_BYTES = 300_000

  it.each([
    ['HTTP/1.1', '--http1.1', '1.1'],
    ['HTTP/2', '--http2-prior-knowledge', '2'],
  ])('over %s sends a body and gets it back', async (_name, flag, version) => {
    const body = randomBytes(BODY_BYTES / 2).toString('hex')
    const format = '\n%{http_version} %{http_code}'
    const command = [curl ?? '', '-sS', '-m', '20', flag, '-H', 'expect:', '--data-binary', '@-', '-w', format, at('echo', '/there?a=b')]
    const output = await runCommand(command, body)
    expect(output.slice(output.lastIndexOf('\n') + 1)).toBe(`${version} 200`)
    const echoed = JSON.parse(output.slice(0, output.lastIndexOf('\n')))
    expect(echoed).toMatchObject({ name: 'paired', method: 'POST', path: '/there?a=b' })
    expect(echoed.body === body, 'the body came back unchanged').toBe(true)
  })

  it("passes the far proxy with the near one's certificate, and not without", async () => {
    const direct = [
      curl ?? '',
      '-sS',
      '-k',
      '-m',
      '20',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      `https://127.0.0.1:${pair.middle('echo')}/`,
    ]
    const [certificate, key] = [join(folder, 'client.pem'), join(folder, 'client.key')]
    writeFileSync(certificate, pair.clientCertificate.certificateChainPem)
    writeFileSync(key, pair.clientCertificate.privateKeyPem, { mode: 0o600 })
    expect(await runCommand([...direct, '--cert', certificate, '--key', key])).toBe('200')
    const before = await served()
    // In TLS 1.3 the client learns of its refusal at any moment after its own handshake, so curl's number varies; 7 is "no listener", 28 "timeout".
    await expect(runCommand(direct)).rejects.toThrow(/exited with (?!7:|28:)\d+:/)
    expect(await served(), 'requests that reached the application since, this one included').toBe(before + 1)
  })
})

describe('load', () => {
  const REQUESTS = 2_000

  it.skipIf(h2load === undefined)('of h2load has no failure', async () => {
    const output = await runCommand([h2load ?? '', '-n', String(REQUESTS), '-c', '4', '-m', '10', at('echo')])
    expect(output).toContain(
      `${REQUESTS} total, ${REQUESTS} started, ${REQUESTS} done, ${REQUESTS} succeeded, 0 failed, 0 errored, 0 timeout`,
    )
    expect(output).toContain(`status codes: ${REQUESTS} 2xx, 0 3xx, 0 4xx, 0 5xx`)
  })

  it.skipIf(wrk === undefined)('of wrk has no failure', async () => {
    const output = await runCommand([wrk ?? '', '-t', '1', '-c', '8', '-d', '2s', at('echo')])
    expect(Number(/(\d+) requests in/.exec(output)?.[1])).toBeGreaterThan(100)
    // wrk prints these two lines only when there is something to count.
    expect(output).not.toMatch(/Socket errors|Non-2xx/)
  })
})

describe('gRPC', () => {
  let client: CounterClient
  beforeAll(() => {
    client = new CounterClient(`127.0.0.1:${pair.entry('grpc')}`)
  })
  afterAll(() => client?.close())

  it('calls once', async () => {
    expect(await client.once({ text: 'a', count: 7 })).toEqual({ text: 'a', count: 7 })
  })

  it('passes a failure with its status and message', async () => {
    await expect(client.once({ text: 'a', count: -1 })).rejects.toMatchObject({ code: 5, details: 'no such count' })
  })

  it('streams to the client', async () => {
    const replies = await client.stream({ text: 'x'.repeat(1_000), count: 500 })
    expect(replies.map(reply => reply.count)).toEqual(Array.from({ length: 500 }, (_, count) => count))
  })

  it('streams both ways at once', async () => {
    const messages = Array.from({ length: 50 }, (_, count) => ({ text: 'ping', count }))
    expect(await client.both(messages)).toEqual(messages)
  })
})

describe('WebSocket', () => {
  it('carries frames both ways after the upgrade', async () => {
    const replies = await echoOverWebSocket(at('echo').replace('http', 'ws'), 20)
    expect(replies).toEqual(Array.from({ length: 20 }, (_, turn) => String(turn)))
  })
})

describe('TCP', () => {
  it.skipIf(redis === undefined)('carries Redis, a value of 1 MB included', async () => {
    const cli = ['redis-cli', '-h', '127.0.0.1', '-p', String(pair.entry('redis'))]
    await eventually(async () => expect(await runCommand([...cli, 'PING'])).toBe('PONG\n'))
    const value = randomBytes(500_000).toString('hex')
    expect(await runCommand([...cli, '-x', 'SET', 'key'], value)).toBe('OK\n')
    expect((await runCommand([...cli, 'GET', 'key'])) === `${value}\n`, 'the value came back unchanged').toBe(true)
  })

  it.skipIf(mariadb === undefined)('carries MariaDB, where the server speaks first', async () => {
    const client = ['mariadb', '--no-defaults', '--skip-ssl', '-h', '127.0.0.1', '-P', String(pair.entry('mariadb')), '-N', '-e']
    await eventually(async () => expect(await runCommand([...client, 'select 6 * 7'])).toBe('42\n'), 30_000)
    expect(await runCommand([...client, "select repeat('m', 300000)"])).toBe(`${'m'.repeat(300_000)}\n`)
  })

  it.skipIf(postgres === undefined)('carries PostgreSQL, whose client asks for TLS first', async () => {
    const client = ['psql', `host=127.0.0.1 port=${pair.entry('postgres')} user=mesh dbname=postgres sslmode=prefer`, '-Atc']
    await eventually(async () => expect(await runCommand([...client, 'select 6 * 7'])).toBe('42\n'), 30_000)
    expect(await runCommand([...client, 'copy (select i from generate_series(1, 100000) i) to stdout'])).toMatch(/^1\n2\n[^]*\n100000\n$/)
  })

  it('carries the greeting of a server that speaks first', async () => {
    // Nothing is sent until the greeting is there
    const heard = await new Promise<string>((resolve, reject) => {
      let text = ''
      const socket = connect(pair.entry('banner'), '127.0.0.1')
      socket.setTimeout(10_000, () => socket.destroy(new Error(`heard only ${JSON.stringify(text)}`)))
      socket.on('data', chunk => {
        if (text === '') socket.write('hello')
        text += chunk.toString()
      })
      socket.once('end', () => resolve(text)).once('error', reject)
    })
    expect(heard).toBe('220 ready\r\n250 hello')
  })
})
