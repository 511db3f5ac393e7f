import { setTimeout as sleep } from 'node:timers/promises'
import { admin, bootstrap, httpFilter, type Json, listener, ProxyAdmin, StaticProxy } from '@meshwork/testkit/bootstrap'
import { BackendProcess, CountedLoad, type DnsBehaviour, DnsServer, figures, nowMs, type Tally, tally } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { expect, it } from 'vitest'

const RATE = 200
const FIRST = '127.0.0.1'
const SECOND = '127.0.0.2'
const CARES = 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig'

function resolved(addresses: readonly string[], more: { readonly delayMs?: number; readonly ttlSeconds?: number } = {}): DnsBehaviour {
  return { kind: 'answer', addresses, ttlSeconds: 0, ...more }
}

/** A cluster of one name, which is asked for every fifth of a second. */
function serviceByName(port: number, dnsPort: number): Json {
  const address = { socket_address: { address: 'service.test', port_value: port } }
  const resolver = { socket_address: { protocol: 'UDP', address: FIRST, port_value: dnsPort } }
  return {
    ...{ name: 'service', type: 'STRICT_DNS', connect_timeout: '2s', dns_lookup_family: 'V4_ONLY' },
    ...{ dns_refresh_rate: '0.2s', dns_failure_refresh_rate: { base_interval: '0.1s', max_interval: '0.4s' } },
    typed_dns_resolver_config: { name: 'cares', typed_config: { '@type': CARES, resolvers: [resolver] } },
    load_assignment: { cluster_name: 'service', endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  }
}

interface Run extends Tally {
  readonly failures: number
  readonly asked: number
  readonly reached: readonly number[]
}

/** Two backends at two addresses and one port, behind a name that `script` answers for. */
async function run(script: (dns: DnsServer) => Promise<void>): Promise<Run> {
  await using first = await BackendProcess.start({ name: 'first', host: FIRST })
  await using second = await BackendProcess.start({ name: 'second', host: SECOND, port: first.port })
  await using dns = await DnsServer.listen()
  dns.behaviour = resolved([FIRST])
  const [entry = 0, adminPort = 0] = await freePorts(2)
  const config = bootstrap([listener(entry, httpFilter('service', 'AUTO'))], [serviceByName(first.port, dns.port)], admin(adminPort))
  await using proxy = await StaticProxy.start('proxy', config)
  const page = new ProxyAdmin(adminPort, proxy.child.pid ?? 0)
  await expect.poll(() => page.stat('cluster.service.membership_healthy'), { timeout: 5000 }).toBe(1)
  const faultAt = nowMs()
  const load = new CountedLoad({ port: entry, ratePerSecond: RATE })
  await script(dns)
  const outcomes = await load.stop()
  const failures = await page.stat('cluster.service.update_failure')
  const reached = [first, second].map(({ seen }) => seen.length)
  return { ...tally(outcomes, [...first.seen, ...second.seen], faultAt), failures, asked: dns.asked, reached }
}

function judge(what: string, { sent, lost, duplicated, failures, asked }: Run): void {
  figures(`failure-20 ${what}`, { sent, lost: lost.length, duplicated: duplicated.length, failures, asked })
  expect(sent).toBeGreaterThan(RATE)
  expect(lost).toEqual([])
  expect(duplicated).toEqual([])
}

it('[failure-20] the last good addresses are used while names fail, with fewer questions', async () => {
  const outcome = await run(async dns => {
    dns.behaviour = { kind: 'server-failure' }
    await sleep(1000)
    dns.behaviour = { kind: 'no-such-name' }
    await sleep(1000)
  })
  judge('failing', outcome)
  expect(outcome.failures).toBeGreaterThan(2)
  // At the base interval it would be 20.
  expect(outcome.asked).toBeLessThan(18)
  expect(outcome.reached[1]).toBe(0)
})

it('[failure-20] slow answers and none at all keep nobody waiting', async () => {
  const outcome = await run(async dns => {
    dns.behaviour = resolved([FIRST], { delayMs: 1000 })
    await sleep(1000)
    dns.behaviour = { kind: 'silence' }
    await sleep(1000)
  })
  judge('slow', outcome)
})

it('[failure-20] addresses that change with every answer, of no lifetime, lose nothing', async () => {
  const outcome = await run(async dns => {
    for (let i = 0; i < 8; i++) {
      dns.behaviour =
        [resolved([SECOND]), resolved([FIRST, SECOND]), resolved([SECOND, FIRST]), resolved([FIRST])][i % 4] ?? resolved([FIRST])
      await sleep(250)
    }
  })
  judge('flapping', outcome)
  expect(Math.min(...outcome.reached)).toBeGreaterThan(20)
})
