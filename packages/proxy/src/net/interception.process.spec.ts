import { bootstrap, interceptingListener, originalDestination, StaticProxy, tcpFilter } from '@meshwork/testkit/bootstrap'
import { PodNetwork, podNetworkObstacle, runCommand } from '@meshwork/testkit/net'
import { Child } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const [REDIRECTED, TRANSPARENT] = [15_006, 15_007]
const [V4, V6, SWITCH_V6] = ['10.46.1.1', 'fd46::1:1', 'fd46::1']
/** Each server answers with the address at which it was reached, as the proxy knows it. */
const [BY_REDIRECT, BY_TPROXY] = [8080, 8081]
const obstacle = podNetworkObstacle()

const SERVER = `
  const { createServer } = require('node:net')
  for (const port of [${BY_REDIRECT}, ${BY_TPROXY}])
    createServer(socket => socket.end(socket.localAddress + ' ' + socket.localPort)).listen(port, '::')`

/** Connections from outside to the pod; those that the proxy makes inside are left alone. */
const TPROXY_ROUTES = 'rule add fwmark 7 lookup 107\nroute add local default dev lo table 107\n'
const TPROXY_RULES = `*mangle
-A PREROUTING -i eth0 -p tcp --dport ${BY_TPROXY} -j TPROXY --on-port ${TRANSPARENT} --tproxy-mark 7
COMMIT
`
const REDIRECT_RULES = `*nat
-A PREROUTING -i eth0 -p tcp --dport ${BY_REDIRECT} -j REDIRECT --to-ports ${REDIRECTED}
COMMIT
`

describe.skipIf(obstacle !== null)(`a proxy finds where connections were going${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  const running: AsyncDisposable[] = []
  let network: PodNetwork

  beforeAll(async () => {
    const pods = [{ name: 'a', address: V4, interception: null }]
    network = await PodNetwork.create({ pods, plainAddresses: [], prefixLength: 16, gateway: '10.46.0.1' })
    const inside = network.enterPod('a')
    // Without duplicate detection an address serves at once.
    await runCommand([...network.enterSwitch(), 'ip', 'address', 'add', `${SWITCH_V6}/64`, 'dev', 'mesh', 'nodad'])
    await runCommand([...inside, 'ip', 'address', 'add', `${V6}/64`, 'dev', 'eth0', 'nodad'])
    await runCommand([...inside, 'ip', '-batch', '-'], TPROXY_ROUTES)
    await runCommand([...inside, 'iptables-restore'], `${TPROXY_RULES}${REDIRECT_RULES}`)
    await runCommand([...inside, 'ip6tables-restore'], REDIRECT_RULES)
    running.push(new Child({ name: 'server', command: [...inside, process.execPath, '-e', SERVER], ipc: false }))
    running.push(await StaticProxy.start('proxy', configuration(), { prefix: inside }))
  })

  afterAll(async () => {
    await Promise.all(running.map(process => process[Symbol.asyncDispose]()))
    await network?.[Symbol.asyncDispose]()
  })

  function configuration(): Parameters<typeof StaticProxy.start>[1] {
    const redirected = interceptingListener(REDIRECTED, [{ port: BY_REDIRECT, filter: tcpFilter('onward') }])
    const transparent = interceptingListener(TRANSPARENT, [{ port: BY_TPROXY, filter: tcpFilter('onward') }])
    return bootstrap(
      [
        redirected,
        { ...redirected, name: 'v6', address: { socket_address: { address: '::', port_value: REDIRECTED } } },
        { ...transparent, transparent: true },
      ],
      [originalDestination('onward', {})],
    )
  }

  async function reached(host: string, port: number): Promise<string> {
    return runCommand([...network.enterSwitch(), 'curl', '-sS', '-m', '10', '--http0.9', `telnet://${host}:${port}`])
  }

  test('over IPv4', async () => {
    expect(await reached(V4, BY_REDIRECT)).toBe(`::ffff:${V4} ${BY_REDIRECT}`)
  })

  test('over IPv6', async () => {
    expect(await reached(`[${V6}]`, BY_REDIRECT)).toBe(`${V6} ${BY_REDIRECT}`)
  })

  test('with TPROXY, where the socket itself has the address', async () => {
    expect(await reached(V4, BY_TPROXY)).toBe(`::ffff:${V4} ${BY_TPROXY}`)
  })
})
