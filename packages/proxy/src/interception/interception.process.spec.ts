import { PodNetwork, podNetworkObstacle, runCommand } from '@meshwork/testkit/net'
import { Child, builtProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const INIT = builtProgram('proxy/init-main').file
const [POD, POD_V6, OUTSIDE, OUTSIDE_V6, OTHER] = ['10.47.1.1', 'fd47::1:1', '10.47.4.1', 'fd47::4:1', '10.47.5.1']
const [PROXY, APPLICATION] = [1337, 1000]
const obstacle = podNetworkObstacle()

/** Says its name to whoever connects: shows where a connection ended. */
function server(ports: Readonly<Record<number, string>>, dns: readonly (readonly [address: string, port: number, name: string])[]): string {
  return `
    const { createServer } = require('node:net'), { createSocket } = require('node:dgram')
    const waits = [], add = s => waits.push(new Promise(ok => s.once('listening', ok)))
    for (const [port, name] of Object.entries(${JSON.stringify(ports)})) add(createServer(c => c.on('error', () => 0).end(name)).listen(port, '::'))
    for (const [address, port, name] of ${JSON.stringify(dns)}) {
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4', (_, from) => socket.send(name, from.port, from.address))
      add(socket)
      socket.bind(port, address)
    }
    Promise.all(waits).then(() => process.send({ kind: 'ready' }))`
}

const IN_POD = server({ 15_001: 'outbound', 15_006: 'inbound', 22: 'ssh', 8080: 'app', 9090: 'app' }, [
  ['127.0.0.1', 15_053, 'proxydns'],
  ['::1', 15_053, 'proxydns'],
])
const ELSEWHERE = server({ 80: 'outside', 9000: 'outside' }, [
  // An answer must come from the address that was asked.
  [OUTSIDE, 53, 'real-dns'],
  [OUTSIDE_V6, 53, 'real-dns'],
])

/** Flags, who connects, to where, and who answers. */
type Case = readonly [flags: string, from: number | 'outside', to: string, port: number, answer: string]

const ALL = '-b * -i *'
const CASES: readonly Case[] = [
  [ALL, APPLICATION, OUTSIDE, 80, 'outbound'],
  [ALL, PROXY, OUTSIDE, 80, 'outside'],
  [ALL, 'outside', POD, 8080, 'inbound'],
  // Port 22 is never taken; -d adds others.
  [ALL, 'outside', POD, 22, 'ssh'],
  [`${ALL} -d 8080,15020`, 'outside', POD, 8080, 'app'],
  [`${ALL} -d 8080,15020`, 'outside', POD, 9090, 'inbound'],
  // A list instead of a star, and nothing.
  ['-b 9090 -i *', 'outside', POD, 9090, 'inbound'],
  ['-b 9090 -i *', 'outside', POD, 8080, 'app'],
  ['-i *', 'outside', POD, 8080, 'app'],
  ['-b *', APPLICATION, OUTSIDE, 80, 'outside'],
  // Ranges: included, excluded, and the excluded one wins.
  ['-i 10.47.4.0/24', APPLICATION, OUTSIDE, 80, 'outbound'],
  ['-i 10.47.4.0/24', APPLICATION, OTHER, 80, 'outside'],
  ['-i * -x 10.47.4.0/24', APPLICATION, OUTSIDE, 80, 'outside'],
  ['-i * -x 10.47.4.0/24', APPLICATION, OTHER, 80, 'outbound'],
  ['-i 10.47.0.0/16 -x 10.47.4.1', APPLICATION, OUTSIDE, 80, 'outside'],
  // Ports of later versions.
  ['-i * -o 9000', APPLICATION, OUTSIDE, 9000, 'outside'],
  ['-q 9000', APPLICATION, OUTSIDE, 9000, 'outbound'],
  ['-q 9000', APPLICATION, OUTSIDE, 80, 'outside'],
  // Other users and another port of the proxy.
  [`${ALL} -u 1337,1000`, APPLICATION, OUTSIDE, 80, 'outside'],
  [`${ALL} -p 15006`, APPLICATION, OUTSIDE, 80, 'inbound'],
  // Within the pod: localhost and the pod's own address are the application's; the proxy's call to the pod is inbound.
  [ALL, APPLICATION, '127.0.0.1', 8080, 'app'],
  [ALL, APPLICATION, POD, 8080, 'app'],
  [ALL, PROXY, POD, 8080, 'inbound'],
  [ALL, PROXY, '127.0.0.1', 8080, 'app'],
  [`${ALL} -d 8080`, PROXY, POD, 8080, 'app'],
  // The same over IPv6.
  [ALL, APPLICATION, OUTSIDE_V6, 80, 'outbound'],
  [ALL, 'outside', POD_V6, 8080, 'inbound'],
  [ALL, PROXY, POD_V6, 8080, 'inbound'],
  [ALL, APPLICATION, '::1', 8080, 'app'],
  ['-i * -x fd47::4:0/112', APPLICATION, OUTSIDE_V6, 80, 'outside'],
]

const QUERIES: readonly Case[] = [
  [`${ALL} --capture-all-dns`, APPLICATION, OUTSIDE, 53, 'proxydns'],
  [`${ALL} --capture-all-dns`, PROXY, OUTSIDE, 53, 'real-dns'],
  [`${ALL} --capture-all-dns`, APPLICATION, OUTSIDE_V6, 53, 'proxydns'],
  [ALL, APPLICATION, OUTSIDE, 53, 'real-dns'],
]

describe.skipIf(obstacle !== null)(`meshwork-init${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  const running: Child[] = []
  let network: PodNetwork

  beforeAll(async () => {
    const pods = [{ name: 'pod', address: POD, interception: null }]
    network = await PodNetwork.create({ pods, plainAddresses: [OUTSIDE, OTHER], prefixLength: 16, gateway: '10.47.0.1' })
    await runCommand([...network.enterSwitch(), 'ip', 'address', 'add', `${OUTSIDE_V6}/64`, 'dev', 'mesh', 'nodad'])
    await runCommand([...network.enterPod('pod'), 'ip', 'address', 'add', `${POD_V6}/64`, 'dev', 'eth0', 'nodad'])
    const start = (enter: readonly string[], program: string): Child =>
      new Child({ name: 'server', command: [...enter, process.execPath, '-e', program], ipc: true })
    // Answers of the proxy are told from others by its user.
    running.push(start([...network.enterPod('pod'), ...asUser(PROXY)], IN_POD), start(network.enterSwitch(), ELSEWHERE))
    await Promise.all(running.map(child => child.whenReady()))
  })

  afterAll(async () => {
    await Promise.all(running.map(child => child[Symbol.asyncDispose]()))
    await network?.[Symbol.asyncDispose]()
  })

  function init(...args: readonly string[]): Promise<string> {
    return runCommand([...network.enterPod('pod'), process.execPath, INIT, ...args])
  }

  function connect(from: number | 'outside', protocol: 'tcp' | 'udp', to: string, port: number): Promise<string> {
    const talk = `exec 3<>/dev/${protocol}/${to}/${port}; echo >&3; timeout 5 head -c 8 <&3`
    return runCommand([...(from === 'outside' ? network.enterSwitch() : [...network.enterPod('pod'), ...asUser(from)]), 'bash', '-c', talk])
  }

  describe.each(['iptables', 'nftables'])('with %s', backend => {
    // Rules of one kind do not see those of the other.
    beforeAll(() => init('clean', '--backend', backend === 'iptables' ? 'nftables' : 'iptables'))

    test.each(CASES)('[traffic-115] %s: user %s to %s port %i reaches %s', async (flags, from, to, port, answer) => {
      await init('--backend', backend, ...flags.split(' '))
      expect(await connect(from, 'tcp', to, port)).toBe(answer)
    })

    test.each(QUERIES)('%s: a query of user %s to %s port %i is answered by %s', async (flags, from, to, port, answer) => {
      await init('--backend', backend, ...flags.split(' '))
      expect(await connect(from, 'udp', to, port)).toBe(answer)
    })

    test('a second run changes nothing, and `clean` leaves nothing', async () => {
      const before = rules(await init('clean', '--backend', backend))
      const once = rules(await init('--backend', backend, '-b', '*', '-i', '*', '--capture-all-dns', '-m', 'TPROXY'))
      expect(rules(await init('--backend', backend, '-b', '*', '-i', '*', '--capture-all-dns', '-m', 'TPROXY'))).toEqual(once)
      expect(once.length).toBeGreaterThan(20)
      expect(rules(await init('clean', '--backend', backend))).toEqual(before)
      expect(before.filter(line => /istio/i.test(line))).toEqual([])
      expect(await runCommand([...network.enterPod('pod'), 'ip', 'rule'])).not.toContain('lookup 133')
    })
  })

  test('a dry run prints the rules and changes nothing', async () => {
    await init('clean')
    expect(await init('--dry-run', '-b', '*', '-i', '*')).toContain('-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT')
    expect(await connect(APPLICATION, 'tcp', OUTSIDE, 80)).toBe('outside')
  })

  test('a bad flag ends it with the flag, what it wants, and the next step', async () => {
    await expect(init('-b', 'http')).rejects.toThrow(
      "error BAD_FLAG: -b: 'http' is not a port (1 to 65535); next: run: meshwork-init --help",
    )
  })
})

function asUser(id: number): readonly string[] {
  return ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups']
}

/** Rules without comments and counters. Empty tables stay once used, so they do not count. */
function rules(text: string): readonly string[] {
  return text.split('\n').filter(line => line.startsWith('-A') || /^\s+(?!type)/.test(line))
}
