import { randomBytes } from 'node:crypto'

import { createTestCa } from '@meshwork/testkit/ca'
import { PodNetwork, podNetworkObstacle, runCommand } from '@meshwork/testkit/net'
import { Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { peerPath } from '../../../scripts/peers/table.ts'
import {
  bootstrap,
  cluster,
  http2Upstream,
  httpFilter,
  interceptingListener,
  originalDestination,
  tcpFilter,
  tlsClient,
  tlsServer,
  StaticProxy,
} from '@meshwork/testkit/bootstrap'
import { eventually } from '../mesh/eventually.ts'

const redis = peerPath('redis-server') ?? ''
const curl = peerPath('curl') ?? ''
const obstacle = podNetworkObstacle() ?? (redis === '' || curl === '' ? 'redis-server or curl is not installed; run `npm run peers`' : null)

const UID = 1337
const [OUTBOUND, INBOUND] = [15_001, 15_006]
const [HTTP, REDIS] = [8080, 6379]
const [CLIENT, SERVER] = ['10.45.1.1', '10.45.1.2']
const interception = { proxyUid: UID, outboundPort: OUTBOUND, inboundPort: INBOUND, excludedInboundPorts: [] }

/** Clients and servers know each other's addresses and nothing of a mesh; the kernel hands their connections to the proxies. */
describe.skipIf(obstacle !== null)(`intercepted connections${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let network: PodNetwork
  const running: AsyncDisposable[] = []

  beforeAll(async () => {
    const pods = [
      { name: 'a', address: CLIENT, interception },
      { name: 'b', address: SERVER, interception },
    ]
    network = await PodNetwork.create({ pods, plainAddresses: ['10.45.4.1'], prefixLength: 16, gateway: '10.45.0.1' })
    startApplications(network.enterPod('b'), running)
    const ca = await createTestCa()
    const [client, server] = await Promise.all(['a', 'b'].map(name => ca.issue(`spiffe://cluster.local/ns/default/sa/${name}`)))
    if (client === undefined || server === undefined) throw new Error('no certificates')
    const outbound = interceptingListener(OUTBOUND, [
      { port: HTTP, filter: httpFilter('http', 'AUTO') },
      { port: REDIS, filter: tcpFilter('tcp') },
    ])
    const onward = [
      originalDestination('http', { transport_socket: tlsClient(client, ['h2'], ca.rootPem), ...http2Upstream }),
      originalDestination('tcp', { transport_socket: tlsClient(client, ['meshwork-tcp'], ca.rootPem) }),
    ]
    const inbound = interceptingListener(INBOUND, [
      { port: HTTP, filter: httpFilter('http', 'AUTO'), socket: tlsServer(server, ['h2'], ca.rootPem) },
      { port: REDIS, filter: tcpFilter('tcp'), socket: tlsServer(server, ['meshwork-tcp'], ca.rootPem) },
    ])
    const local = [cluster('http', HTTP), cluster('tcp', REDIS)]
    running.push(await StaticProxy.start('outbound', bootstrap([outbound], onward), { prefix: network.enterPod('a'), uid: UID }))
    running.push(await StaticProxy.start('inbound', bootstrap([inbound], local), { prefix: network.enterPod('b'), uid: UID }))
  })

  afterAll(async () => {
    await Promise.all(running.map(process => process[Symbol.asyncDispose]()))
    await network?.[Symbol.asyncDispose]()
  })

  it('carry HTTP with bodies both ways', async () => {
    const body = randomBytes(100_000).toString('hex')
    const post = [
      ...network.enterPod('a'),
      curl,
      '-sS',
      '-m',
      '10',
      '-H',
      'expect:',
      '--data-binary',
      '@-',
      `http://${SERVER}:${HTTP}/there`,
    ]
    await eventually(async () => expect(JSON.parse(await runCommand(post, 'warm'))).toMatchObject({ name: 'intercepted' }))
    const echoed = JSON.parse(await runCommand(post, body))
    expect(echoed).toMatchObject({ method: 'POST', path: '/there', headers: { host: `${SERVER}:${HTTP}` } })
    expect(echoed.body === body, 'the body came back unchanged').toBe(true)
  })

  it('carry Redis', async () => {
    const cli = [...network.enterPod('a'), 'redis-cli', '-h', SERVER, '-p', String(REDIS)]
    await eventually(async () => expect(await runCommand([...cli, 'PING'])).toBe('PONG\n'))
    const value = randomBytes(100_000).toString('hex')
    expect(await runCommand([...cli, '-x', 'SET', 'key'], value)).toBe('OK\n')
    expect((await runCommand([...cli, 'GET', 'key'])) === `${value}\n`, 'the value came back unchanged').toBe(true)
  })

  it('are refused in plain text from outside, and to a port without a filter chain', async () => {
    const get = (port: number): readonly string[] => [curl, '-sS', '-m', '10', `http://${SERVER}:${port}/`]
    await expect(runCommand([...network.enterSwitch(), ...get(HTTP)])).rejects.toThrow(/exited with (52|56):/)
    await expect(runCommand([...network.enterPod('a'), ...get(9_999)])).rejects.toThrow(/exited with (52|56):/)
  })
})

function startApplications(prefix: readonly string[], running: AsyncDisposable[]): void {
  const environment = { PORT: String(HTTP), ECHO_NAME: 'intercepted' }
  running.push(startProgram(siblingProgram('../apps/echo', import.meta.url), { name: 'echo', args: [], environment, prefix }))
  const command = [...prefix, redis, '--port', String(REDIS), '--bind', '127.0.0.1', '--save', '', '--dir', '/tmp']
  running.push(new Child({ name: 'redis', command, ipc: false }))
}
