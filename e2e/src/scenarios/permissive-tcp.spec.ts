import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { envoyObstacle } from '@meshwork/testkit/mesh'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { localBackend, LocalMesh } from '../backend/local/local-backend.ts'
import { eventually } from '../mesh/eventually.ts'
import { MeshAuthority } from '../mesh/mesh-authority.ts'
import { shop } from '../mesh/shop.ts'
import { TcpWorkload } from '../mesh/tcp-workload.ts'

/** What a database says before its client says anything. */
const GREETING = '5.5.5-database ready\n'
const PROXIES = envoyObstacle() === null ? (['meshwork', 'envoy'] as const) : (['meshwork'] as const)
/** The sidecar waits five seconds for a client that says nothing (decision 0027). */
const GREETED_LIMIT_MS = 20_000

const database: Server = createServer(greet)
const workloads = new Map<string, TcpWorkload>()
let mesh: LocalMesh
let authority: MeshAuthority

beforeAll(async () => {
  database.listen(0, '127.0.0.1')
  await once(database, 'listening')
  const started = await localBackend.start(shop('permissive'))
  if (!(started instanceof LocalMesh)) throw new Error('this scenario runs on the local back end')
  mesh = started
  authority = new MeshAuthority(mesh)
  const { port: app } = database.address() as AddressInfo
  for (const proxy of PROXIES) workloads.set(proxy, await TcpWorkload.join(mesh, { name: `db-${proxy}`, proxy, app }))
})

afterAll(async () => {
  for (const workload of workloads.values()) await workload[Symbol.asyncDispose]()
  await mesh?.[Symbol.asyncDispose]()
  database.close()
})

function greet(socket: Socket): void {
  socket.on('error', () => undefined)
  socket.write(GREETING)
  socket.on('data', query => socket.write(`result of ${query.toString()}`))
}

function portOf(proxy: string): number {
  return workloads.get(proxy)?.inbound ?? 0
}

/** Everything that arrives until `text` has; what is there when the connection ends or the time is over. */
function read(socket: Socket, text: string, limitMs: number = 4_000): Promise<string> {
  return new Promise(resolve => {
    let all = ''
    const done = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(all)
    }
    const timer = setTimeout(done, limitMs)
    socket.on('data', part => {
      all += part.toString('latin1')
      if (all.includes(text)) done()
    })
    socket.once('error', done)
    socket.once('close', done)
  })
}

it.each(PROXIES)('[security-36] %s: plain bytes and mutual TLS reach the application by one port', async proxy => {
  const query = 'select 1\n'
  const expected = `${GREETING}result of ${query}`
  await eventually(async () => {
    const plain = connect(portOf(proxy), '127.0.0.1')
    plain.write(query)
    expect(await read(plain, query)).toBe(expected)
  })
  const { certificateChainPem: cert, privateKeyPem: key } = await authority.issue('ann')
  const mutual = { cert, key, ca: authority.rootPem, ALPNProtocols: ['istio'], checkServerIdentity: () => undefined }
  const member = connectTls({ host: '127.0.0.1', port: portOf(proxy), ...mutual })
  member.write(query)
  expect(await read(member, query)).toBe(expected)
  expect(member.authorized).toBe(true)
})

it('[security-36] a client that waits for its server to speak first is served after the wait', { timeout: 60_000 }, async () => {
  const greeted = PROXIES.map(proxy => read(connect(portOf(proxy), '127.0.0.1'), GREETING, GREETED_LIMIT_MS))
  expect(await Promise.all(greeted)).toEqual(PROXIES.map(() => GREETING))
})
