import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chain, cluster, endpoint, listener, tcpProxy } from './testdata/configs.ts'
import { Harness } from './testdata/harness.ts'

const TOTAL_BYTES = 24 * 1_048_576
/** No divisor of a buffer's size: the same place of a buffer never holds the same bytes twice. */
const PATTERN = Buffer.from(Array.from({ length: 65_521 }, (_, i) => (i * 31 + (i >> 8)) & 0xff))

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

/** Sends the pattern over and over, as fast as it is taken. */
async function sendAll(socket: Socket): Promise<string> {
  const hash = createHash('sha256')
  for (let sent = 0; sent < TOTAL_BYTES; sent += PATTERN.length) {
    hash.update(PATTERN)
    if (!socket.write(PATTERN)) await new Promise(resolve => socket.once('drain', resolve))
  }
  socket.end()
  return hash.digest('hex')
}

/** Reads to the end, stopping now and then so that the sender gets ahead. */
async function readAll(socket: Socket): Promise<string> {
  const hash = createHash('sha256')
  let stopAt = 0
  socket.on('data', (part: Buffer) => {
    hash.update(part)
    if (socket.bytesRead < stopAt) return
    stopAt = socket.bytesRead + 2_000_000
    socket.pause()
    setTimeout(() => socket.resume(), 3)
  })
  await new Promise(resolve => socket.once('end', resolve))
  return hash.digest('hex')
}

test('many bytes both ways at once arrive as they were sent, also at readers that stop now and then', async () => {
  const served: Promise<[string, string]>[] = []
  const upstream = await harness.tcpServer(socket => served.push(Promise.all([sendAll(socket), readAll(socket)])))
  harness.engine.setCluster(cluster('a', [endpoint(upstream)]))
  const port = await harness.listen(listener('tcp', [chain(tcpProxy('a'))]))
  const talks = [1, 2].map(() => {
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    return Promise.all([sendAll(client), readAll(client)])
  })
  const digests = [...(await Promise.all(talks)), ...(await Promise.all(served))].flat()
  expect(digests).toHaveLength(8)
  expect(new Set(digests).size).toBe(1)
})
