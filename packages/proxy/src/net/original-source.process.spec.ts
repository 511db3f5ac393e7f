import {
  bootstrap,
  httpFilter,
  interceptingListener,
  type Json,
  originalDestination,
  StaticProxy,
  tcpFilter,
} from '@meshwork/testkit/bootstrap'
import { PodNetwork, podNetworkObstacle, runCommand } from '@meshwork/testkit/net'
import { builtProgram, Child } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const [CAPTURE, PROXY_GROUP, MARK] = [15_006, 1337, 1337]
const [POD, ONE, OTHER] = ['10.48.1.1', '10.48.4.1', '10.48.5.1']
const [HTTP, TCP] = [8080, 8081]
const obstacle = podNetworkObstacle()

/** Each server answers with the address that its client has. */
const SERVER = `
  const host = address => address.replace('::ffff:', '')
  const http = require('node:http').createServer((request, response) => response.end(host(request.socket.remoteAddress)))
  const tcp = require('node:net').createServer(socket => socket.on('error', () => 0).end(host(socket.remoteAddress)))
  http.listen(${HTTP}, '::', () => tcp.listen(${TCP}, '::', () => process.send({ kind: 'ready' })))`

describe.skipIf(obstacle !== null)(`an application under TPROXY${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  const running: AsyncDisposable[] = []
  let network: PodNetwork

  beforeAll(async () => {
    const pods = [{ name: 'pod', address: POD, interception: null }]
    network = await PodNetwork.create({ pods, plainAddresses: [ONE, OTHER], prefixLength: 16, gateway: '10.48.0.1' })
    const inside = network.enterPod('pod')
    await runCommand([...inside, process.execPath, builtProgram('proxy/init-main').file, '-m', 'TPROXY', '-b', '*', '-i', '*'])
    const application = new Child({ name: 'server', command: [...inside, process.execPath, '-e', SERVER], ipc: true })
    running.push(application)
    await application.whenReady()
    // Root, as the injector has it: only then does the kernel let it take and make connections with addresses of others.
    const asProxy = ['setpriv', `--regid=${PROXY_GROUP}`, '--clear-groups']
    running.push(await StaticProxy.start('proxy', configuration(), { prefix: [...inside, ...asProxy] }))
  })

  afterAll(async () => {
    await Promise.all(running.map(process => process[Symbol.asyncDispose]()))
    await network?.[Symbol.asyncDispose]()
  })

  function configuration(): Json {
    const { listener_filters: [restored] = [], ...listener } = intercepting()
    const borrowed = {
      name: 'original_src',
      typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.original_src.v3.OriginalSrc', mark: MARK },
    }
    const source = { upstream_bind_config: { source_address: { address: '127.0.0.6', port_value: 0 } } }
    return bootstrap(
      [{ ...listener, transparent: true, listener_filters: [restored, borrowed] }],
      [originalDestination('application', source)],
    )
  }

  function intercepting(): Json & { readonly listener_filters?: readonly Json[] } {
    return interceptingListener(CAPTURE, [
      { port: HTTP, filter: httpFilter('application', 'AUTO') },
      { port: TCP, filter: tcpFilter('application') },
    ])
  }

  function seenFrom(source: string, scheme: string, port: number): Promise<string> {
    const url = `${scheme}://${POD}:${port}`
    return runCommand([...network.enterSwitch(), 'curl', '-sS', '-m', '10', '--http0.9', '--interface', source, url])
  }

  test('sees the addresses of its clients', async () => {
    for (const client of [ONE, OTHER]) expect(await seenFrom(client, 'telnet', TCP)).toBe(client)
  })

  test('sees that of each request, also where connections to it are kept', async () => {
    for (const client of [ONE, OTHER, ONE, OTHER]) expect(await seenFrom(client, 'http', HTTP)).toBe(client)
  })

  test('sees its own where its proxy calls its pod', async () => {
    const command = [...network.enterPod('pod'), 'setpriv', `--regid=${PROXY_GROUP}`, '--clear-groups', 'curl', '-sS', '-m', '10']
    expect(await runCommand([...command, `http://${POD}:${HTTP}`])).toBe(POD)
  })
})
