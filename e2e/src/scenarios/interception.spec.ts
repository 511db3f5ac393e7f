import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { PairedService } from '@meshwork/testkit/bootstrap'
import { podNetworkObstacle, runCommand } from '@meshwork/testkit/net'
import { Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { peerPath } from '../../../scripts/peers/table.ts'
import { mariadbCommand, postgresCommand } from '../mesh/databases.ts'
import { eventually } from '../mesh/eventually.ts'
import { InterceptedPods } from '../mesh/intercepted-pods.ts'

const PEERS = ['curl', 'nghttp', 'wrk', 'redis-server', 'mariadbd', 'postgres']
const [curl = '', nghttp = '', wrk = '', redis = '', mariadb = '', postgres = ''] = PEERS.map(peerPath)
const missing = PEERS.filter(name => peerPath(name) === undefined)
const obstacle = podNetworkObstacle() ?? (missing.length === 0 ? null : `${missing.join(', ')} not installed; run \`npm run peers\``)

const SERVICES = {
  echo: { name: 'echo', port: 8080, protocol: 'http1' },
  grpc: { name: 'grpc', port: 9000, protocol: 'http2' },
  redis: { name: 'redis', port: 6379, protocol: 'tcp' },
  mariadb: { name: 'mariadb', port: 3306, protocol: 'tcp' },
  postgres: { name: 'postgres', port: 5432, protocol: 'tcp' },
} as const satisfies Readonly<Record<string, PairedService>>

/** No service and no filter chain has it. */
const FREE_PORT = 9_999

describe.skipIf(obstacle !== null)(`intercepted connections${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-interception-'))
  const running: AsyncDisposable[] = []
  let pods: InterceptedPods
  let url: string

  beforeAll(async () => {
    pods = await InterceptedPods.create()
    url = `http://${pods.server}:${SERVICES.echo.port}`
    startServers()
    await pods.startProxies(Object.values(SERVICES))
  })

  afterAll(async () => {
    await Promise.all(running.map(process => process[Symbol.asyncDispose]()))
    await pods?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  function startServers(): void {
    const prefix = pods.enter('servers')
    const echo = { PORT: String(SERVICES.echo.port), ECHO_NAME: 'intercepted' }
    const grpc = { PORT: String(SERVICES.grpc.port) }
    running.push(startProgram(program('echo'), { name: 'echo', args: [], environment: echo, prefix }))
    running.push(startProgram(program('grpc-counter-program'), { name: 'grpc', args: [], environment: grpc, prefix }))
    const redisArguments = ['--port', String(SERVICES.redis.port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
    const commands = {
      redis: [redis, ...redisArguments],
      mariadb: mariadbCommand(mariadb, folder, SERVICES.mariadb.port),
      postgres: postgresCommand(postgres, folder, SERVICES.postgres.port),
    }
    for (const [name, command] of Object.entries(commands)) {
      running.push(new Child({ name, command: [...prefix, ...command], ipc: false, directory: folder }))
    }
  }

  function program(name: string): ReturnType<typeof siblingProgram> {
    return siblingProgram(`../apps/${name}`, import.meta.url)
  }

  /** Runs a command where the clients are. */
  function asClient(command: readonly string[], input?: string): Promise<string> {
    return runCommand([...pods.enter('clients'), ...command], input)
  }

  async function talk(kind: 'grpc' | 'websocket', { port }: PairedService): Promise<unknown> {
    const { file, nodeOptions } = program('talk')
    return JSON.parse(await asClient([process.execPath, ...nodeOptions, file, kind, `${pods.server}:${port}`]))
  }

  it('carry HTTP with bodies both ways', async () => {
    const post = [curl, '-sS', '-m', '10', '-H', 'expect:', '--data-binary', '@-', `${url}/there`]
    await eventually(async () => expect(JSON.parse(await asClient(post, 'warm'))).toMatchObject({ name: 'intercepted' }))
    const body = randomBytes(100_000).toString('hex')
    const echoed = JSON.parse(await asClient(post, body))
    expect(echoed).toMatchObject({ method: 'POST', path: '/there', headers: { host: `${pods.server}:${SERVICES.echo.port}` } })
    expect(echoed.body === body, 'the body came back unchanged').toBe(true)
  })

  it('carry load over HTTP/1.1 and HTTP/2 without a failure', async () => {
    const h2load = await asClient([nghttp.replace(/nghttp$/, 'h2load'), '-n', '1000', '-c', '4', '-m', '10', url])
    expect(h2load).toContain('1000 total, 1000 started, 1000 done, 1000 succeeded, 0 failed, 0 errored, 0 timeout')
    const http1 = await asClient([wrk, '-t', '1', '-c', '8', '-d', '1s', url])
    expect(Number(/(\d+) requests in/.exec(http1)?.[1])).toBeGreaterThan(50)
    // wrk prints these two lines only when there is something to count.
    expect(http1).not.toMatch(/Socket errors|Non-2xx/)
  })

  it('carry gRPC: a call, a stream, and both ways at once', async () => {
    await eventually(async () =>
      expect(await talk('grpc', SERVICES.grpc)).toEqual({ once: { text: 'a', count: 7 }, stream: 200, both: 20 }),
    )
  })

  it('carry WebSocket frames', async () => {
    expect(await talk('websocket', SERVICES.echo)).toEqual(Array.from({ length: 20 }, (_, turn) => String(turn)))
  })

  it('[traffic-45] carry Redis', async () => {
    const cli = ['redis-cli', '-h', pods.server, '-p', String(SERVICES.redis.port)]
    await eventually(async () => expect(await asClient([...cli, 'PING'])).toBe('PONG\n'))
    const value = randomBytes(100_000).toString('hex')
    expect(await asClient([...cli, '-x', 'SET', 'key'], value)).toBe('OK\n')
    expect((await asClient([...cli, 'GET', 'key'])) === `${value}\n`, 'the value came back unchanged').toBe(true)
  })

  it('carry MariaDB, where the server speaks first', async () => {
    const client = ['mariadb', '--no-defaults', '--skip-ssl', '-h', pods.server, '-P', String(SERVICES.mariadb.port), '-N', '-e']
    await eventually(async () => expect(await asClient([...client, 'select 6 * 7'])).toBe('42\n'), 30_000)
  })

  it('carry PostgreSQL, whose client asks for TLS first', async () => {
    const client = ['psql', `host=${pods.server} port=${SERVICES.postgres.port} user=mesh dbname=postgres sslmode=prefer`, '-Atc']
    await eventually(async () => expect(await asClient([...client, 'select 6 * 7'])).toBe('42\n'), 30_000)
  })

  it('[traffic-117] do not hold what a pod calls at its own 127.0.0.1', async () => {
    const prefix = pods.enter('clients')
    const own = { PORT: String(FREE_PORT), ECHO_NAME: 'own' }
    running.push(startProgram(program('echo'), { name: 'own echo', args: [], environment: own, prefix }))
    const call = (target: string): Promise<string> => asClient([curl, '-sS', '-m', '10', target])
    await eventually(async () => expect(JSON.parse(await call(`http://127.0.0.1:${FREE_PORT}/`))).toMatchObject({ name: 'own' }))
    // The proxy would have no filter chain for this port, and leaves its mark on what it does carry.
    expect(Object.keys(JSON.parse(await call(`http://127.0.0.1:${FREE_PORT}/`)).headers).toSorted()).toEqual([
      'accept',
      'host',
      'user-agent',
    ])
    expect(JSON.parse(await call(url)).headers).toHaveProperty('x-request-id')
  })

  it('are refused in plain text from outside, and to a port without a filter chain', async () => {
    const get = (port: number): readonly string[] => [curl, '-sS', '-m', '10', `http://${pods.server}:${port}/`]
    await expect(runCommand([...pods.enter('outside'), ...get(SERVICES.echo.port)])).rejects.toThrow(/exited with (52|56):/)
    await expect(asClient(get(FREE_PORT))).rejects.toThrow(/exited with (52|56):/)
  })
})
