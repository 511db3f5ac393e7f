import { connect, createServer, type Server, type Socket } from 'node:net'
import { admin, bootstrap, cluster, type Json, listener, StaticProxy, tcpFilter } from '@meshwork/testkit/bootstrap'
import { freePorts } from '@meshwork/testkit/net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { opGetMore, opInsert, opKillCursors, opMsg, opQuery, opReply } from './testdata/mongo-wire.ts'

const LIST = { $in: { '0': 1 } }
/** What one client sends, one after the other. */
const SENT: readonly Buffer[] = [
  opQuery(1, 0, 'shop.users', { _id: 7 }),
  opQuery(2, 2 | 16 | 32 | 64, 'shop.orders', { name: 'x' }),
  opQuery(3, 0, 'shop.$cmd', { isMaster: 1 }),
  opQuery(4, 0, 'shop.users', { _id: LIST }),
  opQuery(5, 0, 'shop.users', { $query: { _id: 1 }, $maxTimeMS: 100 }),
  opQuery(6, 0, 'shop.$cmd', { find: 'orders', x: 1 }),
  opGetMore(7, 'shop.users'),
  opInsert(8, 'shop.users'),
  opKillCursors(9),
]
/** What Envoy 1.40 counted of the same bytes; the rest was 0. */
const COUNTED_BY_ENVOY: Readonly<Record<string, number>> = {
  'cmd.unknown_command.total': 1,
  'collection.orders.query.scatter_get': 2,
  'collection.orders.query.total': 2,
  'collection.users.query.multi_get': 1,
  'collection.users.query.total': 3,
  op_get_more: 1,
  op_insert: 1,
  op_kill_cursors: 1,
  op_query: 6,
  op_query_await_data: 1,
  op_query_exhaust: 1,
  op_query_multi_get: 1,
  op_query_no_cursor_timeout: 1,
  op_query_no_max_time: 4,
  op_query_scatter_get: 2,
  op_query_tailable_cursor: 1,
  op_reply: 7,
  op_reply_cursor_not_found: 1,
  op_reply_query_failure: 1,
  op_reply_valid_cursor: 1,
}

let server: Server
let proxy: StaticProxy
let [port, adminPort] = [0, 0]
const received: Buffer[] = []

/** Answers queries and OP_GET_MORE, whose numbers say how. */
function answer(socket: Socket, bytes: Buffer): void {
  received.push(Buffer.from(bytes))
  // A piece of a message.
  if (bytes.length < 16) return
  const [id, opCode] = [bytes.readInt32LE(4), bytes.readInt32LE(12)]
  if (opCode === 2004 || opCode === 2005) socket.write(opReply(id, id === 2 ? 3 : 0, id === 1 ? 5 : 0))
}

beforeEach(async () => {
  received.length = 0
  server = createServer(socket => void socket.on('error', () => undefined).on('data', (bytes: Buffer) => answer(socket, bytes)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  ;[port = 0, adminPort = 0] = await freePorts(2)
  const mongo: Json = {
    name: 'envoy.filters.network.mongo_proxy',
    typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy', stat_prefix: 'db' },
  }
  const base = listener(port, tcpFilter('mongo'))
  const chained = { ...base, filter_chains: [{ filters: [mongo, tcpFilter('mongo')] }] }
  const upstream = cluster('mongo', typeof address === 'object' && address !== null ? address.port : 0)
  proxy = await StaticProxy.start('mongo', bootstrap([chained], [upstream], admin(adminPort)))
})

afterEach(async () => {
  await proxy[Symbol.asyncDispose]()
  server.close()
})

/** The counters of the filter that are not 0. */
async function counted(): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/stats?filter=mongo`)).text()
  const lines = text.split('\n').flatMap(line => /^mongo\.db\.(\S+): (\d+)$/.exec(line)?.slice(1, 3) ?? [])
  const pairs = lines.flatMap((name, i) => (i % 2 === 0 ? [[name, Number(lines[i + 1])] as const] : []))
  return Object.fromEntries(pairs.filter(([, value]) => value > 0))
}

async function sendAll(client: Socket, messages: readonly Buffer[]): Promise<void> {
  for (const message of messages) {
    const before = received.length
    client.write(message)
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(before), 5000)
  }
}

test("[traffic-45] MongoDB's messages pass as they are, and are counted under Envoy's names", async () => {
  const client = connect(port, '127.0.0.1')
  const answers: Buffer[] = []
  client.on('data', (bytes: Buffer) => answers.push(bytes))
  await sendAll(client, SENT)
  expect(Buffer.concat(received)).toEqual(Buffer.concat(SENT))
  const replies = [1, 2, 3, 4, 5, 6, 7].map(id => opReply(id, id === 2 ? 3 : 0, id === 1 ? 5 : 0))
  await vi.waitFor(() => expect(Buffer.concat(answers)).toEqual(Buffer.concat(replies)), 5000)
  expect(await counted()).toEqual(COUNTED_BY_ENVOY)
  await sendAll(client, [opMsg(10), opQuery(11, 0, 'shop.users', { _id: 7 })])
  expect(await counted()).toEqual({ ...COUNTED_BY_ENVOY, decoding_error: 1 })
  client.destroy()
})

test('messages that come in pieces, and ones larger than what is kept, are counted once', async () => {
  const client = connect(port, '127.0.0.1')
  const large = opQuery(3, 0, 'shop.users', { _id: 7, text: 'x'.repeat(300_000) })
  const all = Buffer.concat([opQuery(20, 0, 'shop.users', { _id: 7 }), opInsert(21, 'shop.users'), large, opInsert(22, 'shop.users')])
  for (let at = 0; at < 40; at += 7) {
    await sendAll(client, [all.subarray(at, at + 7)])
  }
  client.write(all.subarray(42))
  await vi.waitFor(async () => expect(await counted()).toMatchObject({ op_query: 2, op_insert: 2 }), 5000)
  expect(await counted()).not.toHaveProperty('decoding_error')
  client.destroy()
})
