import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Resolver } from 'node:dns/promises'
import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { afterEach, describe, expect, test } from 'vitest'
import { DnsServer } from './dns-server.ts'
import { frame, Deframer } from './framing.ts'
import { encodeAnswer, encodeName, parseQuery, TYPE_A } from './message.ts'
import { NameLookup } from './name-lookup.ts'
import { type ResolverAddress, UpstreamResolver } from './upstream-resolver.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const NAMES = new NameLookup(
  [
    { host: 'web.default.svc.cluster.local', addresses: ['10.0.0.1', '10.0.0.2'], shortname: 'web', namespace: 'default' },
    { host: 'six.example.com', addresses: ['fd00::6'], shortname: '', namespace: '' },
    {
      host: 'many.example.com',
      addresses: Array.from({ length: 90 }, (_, i) => `10.1.0.${i}`),
      shortname: '',
      namespace: '',
    },
  ],
  { namespace: 'default', dnsDomain: 'default.svc.cluster.local', searchDomain: 'default.svc.cluster.local' },
)

/** A resolver that knows one address for everything, and sends it after two forgeries. */
async function upstream(address: string): Promise<ResolverAddress> {
  const socket = createSocket('udp4')
  socket.on('message', (message, peer) => {
    const query = parseQuery(message)
    if (query.kind === 'err') return
    const data = Buffer.from(address.split('.').map(Number))
    const answer = encodeAnswer(query.value, 0, [{ owner: '', type: TYPE_A, ttlSeconds: 5, data }], 512)
    // Somebody who guesses the id and the port but not the question, and somebody who guesses wrong.
    socket.send(Buffer.concat([answer.subarray(0, 12), encodeName('evil.com'), Buffer.from([0, 1, 0, 1])]), peer.port, peer.address)
    const wrongId = Buffer.from(answer)
    wrongId.writeUInt16BE((query.value.id + 1) % 65_536, 0)
    socket.send(wrongId, peer.port, peer.address)
    socket.send(answer, peer.port, peer.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  cleanups.push(() => new Promise(resolve => socket.close(resolve)))
  return { host: '127.0.0.1', port: socket.address().port }
}

async function serve(servers: readonly ResolverAddress[], names = NAMES): Promise<DnsServer> {
  const server = new DnsServer({
    host: '127.0.0.1',
    port: 0,
    upstream: new UpstreamResolver({ servers, clock: systemClock }),
    log: silentLogger,
  })
  server.use(names)
  await server.start()
  cleanups.push(() => server.close())
  return server
}

function resolver(server: DnsServer): Resolver {
  const asking = new Resolver({ timeout: 3000, tries: 1 })
  asking.setServers([`127.0.0.1:${server.port}`])
  return asking
}

function queryFor(name: string, type: number): Buffer {
  const header = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, encodeName(name), Buffer.from([0, type, 0, 1])])
}

async function overTcp(server: DnsServer, ...queries: readonly Buffer[]): Promise<readonly Buffer[]> {
  const socket = connect(server.port, '127.0.0.1')
  const deframer = new Deframer()
  const answers: Buffer[] = []
  const done = new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () => resolve())
    socket.on('data', (bytes: Buffer) => {
      answers.push(...deframer.push(bytes))
      if (answers.length === queries.length) socket.end()
    })
  })
  // In one segment, and cut in the middle of a length.
  const bytes = Buffer.concat(queries.map(frame))
  socket.write(bytes.subarray(0, 1))
  socket.write(bytes.subarray(1))
  await done
  return answers
}

describe('names of the table', () => {
  test('are answered with a lifetime of 30 seconds, each address in turn the first', async () => {
    const server = await serve([])
    const first = await resolver(server).resolve4('WEB.default.svc.cluster.local', { ttl: true })
    const second = await resolver(server).resolve4('web.default')
    expect(first.toSorted((a, b) => (a.address < b.address ? -1 : 1))).toEqual([
      { address: '10.0.0.1', ttl: 30 },
      { address: '10.0.0.2', ttl: 30 },
    ])
    expect(second[0]).not.toBe(first[0]?.address)
  })

  test('behind a search domain are answered with an alias', async () => {
    const asking = resolver(await serve([]))
    expect(await asking.resolve6('six.example.com.default.svc.cluster.local')).toEqual(['fd00::6'])
    const [answer] = await overTcp(await serve([]), queryFor('web.default.default.svc.cluster.local', TYPE_A))
    // The alias, then both addresses.
    expect(answer?.readUInt16BE(6)).toBe(3)
  })

  test('without addresses of a family are empty, and no other resolver is asked', async () => {
    const asking = resolver(await serve([await upstream('9.9.9.9')]))
    await expect(asking.resolve6('web.default')).rejects.toMatchObject({ code: 'ENODATA' })
    await expect(asking.resolve4('six.example.com')).rejects.toMatchObject({ code: 'ENODATA' })
  })

  test('that fit no datagram come over TCP', async () => {
    const server = await serve([])
    expect(await resolver(server).resolve4('many.example.com')).toHaveLength(90)
    const [answer] = await overTcp(server, queryFor('many.example.com', TYPE_A))
    expect(answer?.readUInt16BE(6)).toBe(90)
  })
})

describe('all other names', () => {
  test('go to the resolvers in their order, by their own transport', async () => {
    const dead = { host: '127.0.0.1', port: 9 }
    const asking = resolver(await serve([dead, await upstream('9.9.9.9')]))
    expect(await asking.resolve4('other.org', { ttl: true })).toEqual([{ address: '9.9.9.9', ttl: 5 }])
  })

  test('fail when nobody answers', async () => {
    const asking = resolver(await serve([]))
    await expect(asking.resolve4('other.org')).rejects.toMatchObject({ code: 'ESERVFAIL' })
  })

  test('wait no longer than a client would for a resolver that says nothing', async () => {
    const silent = createSocket('udp4')
    silent.bind(0, '127.0.0.1')
    await once(silent, 'listening')
    cleanups.push(() => new Promise(resolve => silent.close(resolve)))
    const asking = resolver(await serve([{ host: '127.0.0.1', port: silent.address().port }, await upstream('9.9.9.9')]))
    expect(await asking.resolve4('other.org')).toEqual(['9.9.9.9'])
  })

  test('over TCP go on over TCP, several on one connection', async () => {
    const behind = await serve([], NAMES)
    const server = await serve(
      [{ host: '127.0.0.1', port: behind.port }],
      new NameLookup([], { namespace: '', dnsDomain: '', searchDomain: '' }),
    )
    const answers = await overTcp(server, queryFor('web.default', TYPE_A), queryFor('many.example.com', TYPE_A))
    expect(answers.map(answer => answer.readUInt16BE(6)).toSorted((a, b) => a - b)).toEqual([2, 90])
    expect(answers.every(answer => answer.readUInt16BE(0) === 0x1234)).toBe(true)
  })
})

describe('bytes that are no question', () => {
  test.each([
    ['two questions', Buffer.from([0, 1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0])],
    ['a name without an end', Buffer.concat([queryFor('a', 1).subarray(0, 12), Buffer.from([63, 1])])],
    ['a pointer in the question', Buffer.concat([queryFor('a', 1).subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])])],
  ])('%s: format error', async (_, message) => {
    const [answer] = await overTcp(await serve([]), message)
    expect((answer?.readUInt16BE(2) ?? 0) & 0xf).toBe(1)
  })

  test('an answer is not answered, nor less than a header', async () => {
    const answer = queryFor('web', 1)
    answer.writeUInt16BE(0x8100, 2)
    expect(await overTcp(await serve([]), answer)).toEqual([])
    expect(await overTcp(await serve([]), Buffer.from([1]))).toEqual([])
  })

  test('other kinds of request are not implemented', async () => {
    const update = queryFor('web', 1)
    update.writeUInt16BE(5 << 11, 2)
    const [answer] = await overTcp(await serve([]), update)
    expect((answer?.readUInt16BE(2) ?? 0) & 0xf).toBe(4)
  })
})

test('a port that is taken is told with a next step', async () => {
  const first = await serve([])
  const options = {
    host: '127.0.0.1',
    port: first.port,
    upstream: new UpstreamResolver({ servers: [], clock: systemClock }),
    log: silentLogger,
  }
  const second = new DnsServer(options)
  await expect(second.start()).rejects.toMatchObject({ code: 'DNS_ADDRESS' })
  await second.close()
})
