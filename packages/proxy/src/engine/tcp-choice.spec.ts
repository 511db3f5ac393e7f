import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SubsetCriteria } from '../model/balancing.ts'
import { chain, cluster, endpoint, listener, tcpProxy } from './testdata/configs.ts'
import { exchange, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

test('labels of the TCP proxy choose among the hosts of its cluster', async () => {
  const hosts = await Promise.all(['one', 'two'].map(name => harness.tcpServer(socket => socket.end(name))))
  const subsets = {
    fallback: 'none',
    defaultSubset: [],
    selectors: [{ keys: ['v'], fallback: null }],
    panicModeAny: false,
    listAsAny: false,
    metadataFallback: false,
    localityWeightAware: false,
    scaleLocalityWeight: false,
    allowRedundantKeys: false,
  } as const
  const labelled = hosts.map((port, i) => endpoint(port, { metadata: { 'envoy.lb': { v: String(i) } } }))
  harness.engine.setCluster(cluster('up', labelled, { subsets }))
  const said = async (v: string): Promise<string> => {
    const criteria: SubsetCriteria = [['v', v]]
    const proxy = tcpProxy('up', { clusters: [{ name: 'up', weight: 1, criteria }] })
    return exchange(await harness.listen(listener(`l${v}`, [chain(proxy)])), [])
  }
  expect([await said('0'), await said('1'), await said('7')]).toEqual(['one', 'two', ''])
})

test('a connection is logged when it stands, while it lasts, and at its end', async () => {
  const path = join(tmpdir(), `meshwork-tcp-log-${process.pid}-${Math.random()}.log`)
  try {
    const echo = await harness.tcpServer(socket => socket.pipe(socket))
    harness.engine.setCluster(cluster('up', [endpoint(echo)]))
    const format = { kind: 'text', template: '%ACCESS_LOG_TYPE%\n', omitEmpty: false } as const
    const accessLog = [{ filter: null, sink: { kind: 'file', path }, format }] as const
    const proxy = tcpProxy('up', { accessLog, logOnConnected: true, logIntervalMs: 100 })
    const socket = connect(await harness.listen(listener('l', [chain(proxy)])), '127.0.0.1')
    const lines = async (): Promise<readonly string[]> => (await readFile(path, 'utf8')).split('\n').slice(0, -1)
    await vi.waitFor(async () => expect((await lines()).slice(0, 2)).toEqual(['TcpUpstreamConnected', 'TcpPeriodic']), { timeout: 4000 })
    socket.end()
    await vi.waitFor(async () => expect((await lines()).at(-1)).toBe('TcpConnectionEnd'), { timeout: 4000 })
  } finally {
    await harness.close()
    await rm(path, { force: true })
  }
})
