import { silentLogger } from '@meshwork/core/log'
import { ok } from '@meshwork/core/result'
import { Backoff, systemClock } from '@meshwork/core/time'
import { afterEach, expect, it } from 'vitest'
import { SnapshotCache } from '../cache/snapshot-cache.ts'
import { XdsClient } from '../client/client.ts'
import type { ResourceType } from '../client/resource-type.ts'
import { XdsServer } from '../server/server.ts'
import { seal } from '../types/resource.ts'
import { CLUSTER_TYPE, LISTENER_TYPE } from '../types/type-urls.ts'
import { connectServices } from './connect.ts'
import { DiscoveryListener } from './discovery-listener.ts'

const NODE = { id: 'edge~1', cluster: '', metadata: {}, locality: { region: '', zone: '', subZone: '' }, userAgentName: 'test' }
const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

function anyBytes(typeUrl: string): ResourceType<string> {
  return { typeUrl, absenceDeletes: true, decode: bytes => ok(Buffer.from(bytes).toString()) }
}

function named(typeUrl: string, ...names: readonly string[]) {
  return names.map(name => seal(typeUrl, name, () => Buffer.from(`\n${String.fromCharCode(name.length)}${name}`)))
}

it.each(['sotw', 'delta'] as const)('%s: each type has a stream of its own, and all begin with the node', async variant => {
  const cache = new SnapshotCache()
  const nodes: string[] = []
  const hooks = {
    connected: ({ id }: { readonly id: string }) => (nodes.push(id), ok('view')),
    disconnected: () => undefined,
    acked: () => undefined,
    nacked: () => undefined,
  }
  const server = new XdsServer({ cache, clock: systemClock, log: silentLogger, hooks })
  const addresses = [{ kind: 'tcp', host: '127.0.0.1', port: 0 } as const]
  const options = { name: 'xds', xds: server, addresses, flag: '--xds-address', tls: null, identifier: 'test' }
  const listener = new DiscoveryListener({ ...options, clock: systemClock, graceMs: 50 })
  await listener.start()
  open.push(() => listener.close())
  cache.update(
    'view',
    new Map([
      [CLUSTER_TYPE, named(CLUSTER_TYPE, 'a', 'b')],
      [LISTENER_TYPE, named(LISTENER_TYPE, 'l')],
    ]),
  )
  const connection = connectServices(`127.0.0.1:${listener.ports[0]}`)
  const backoff = new Backoff({ initialMs: 20, maxMs: 50 })
  const client = new XdsClient({ node: NODE, variant, open: connection.open, clock: systemClock, log: silentLogger, backoff })
  open.push(() => {
    client.close()
    connection.close()
  })
  const held = new Map<string, readonly string[]>()
  for (const typeUrl of [CLUSTER_TYPE, LISTENER_TYPE]) {
    const apply = ({ changed }: { readonly changed: ReadonlyMap<string, string> }): void => void held.set(typeUrl, [...changed.keys()])
    client.subscribe({ type: anyBytes(typeUrl), apply }, { kind: 'everything' })
  }
  client.start()
  await expect.poll(() => Object.fromEntries(held)).toEqual({ [CLUSTER_TYPE]: ['a', 'b'], [LISTENER_TYPE]: ['l'] })
  expect(nodes).toEqual([NODE.id, NODE.id])
  cache.set('view', LISTENER_TYPE, named(LISTENER_TYPE, 'l', 'm'))
  await expect.poll(() => held.get(LISTENER_TYPE)).toEqual(['m'])
})
