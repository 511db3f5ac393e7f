import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { buildRegistry } from '../registry/index.ts'
import type { ConfigBatch } from '../source/index.ts'
import { ConsulSource } from './consul-source.ts'
import { serviceDocuments } from './service-documents.ts'
import { readCatalogEntries } from './catalog-entry.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type Instance = Readonly<Record<string, unknown>>

/** An instance as Consul's documentation of `/v1/catalog/service/:service` shows it. */
function instance(service: string, address: string, port: number, more: Instance = {}): Instance {
  return {
    ID: '40e4a748-2192-161a-0510-9bf59fe950b5',
    Node: 'node-1',
    Address: '192.168.10.10',
    Datacenter: 'dc1',
    TaggedAddresses: { lan: '192.168.10.10', wan: '10.0.10.10' },
    NodeMeta: { protocol: 'http' },
    CreateIndex: 51,
    ModifyIndex: 51,
    ServiceAddress: address,
    ServiceEnableTagOverride: false,
    ServiceID: `${service}-1`,
    ServiceName: service,
    ServicePort: port,
    ServiceMeta: {},
    ServiceTaggedAddresses: {},
    ServiceTags: ['version|v1', 'plain'],
    ServiceWeights: { Passing: 3, Warning: 1 },
    Namespace: 'default',
    ...more,
  }
}

/** A server that answers as Consul documents: with an index, holding back questions for what comes after it. */
class Catalogue {
  readonly services = new Map<string, readonly Instance[]>([['consul', [instance('consul', '', 8300)]]])
  readonly asked: string[] = []
  blocking = true
  status = 200
  index = 10
  private readonly held = new Set<() => void>()
  private readonly server: Server = createServer((request, response) => this.answer(request, response))

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    cleanups.push(() => {
      this.server.closeAllConnections()
      return new Promise(resolve => this.server.close(resolve))
    })
    const address = this.server.address()
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  }

  set(service: string, instances: readonly Instance[] | undefined): void {
    if (instances === undefined) this.services.delete(service)
    else this.services.set(service, instances)
    this.index++
    this.release()
  }

  release(): void {
    for (const answer of this.held) answer()
    this.held.clear()
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://consul')
    this.asked.push(request.url ?? '')
    const since = Number(url.searchParams.get('index') ?? 0)
    const send = (): void => {
      if (this.blocking) response.setHeader('X-Consul-Index', this.index)
      response.statusCode = this.status
      response.end(JSON.stringify(this.bodyOf(url.pathname)))
    }
    if (since === this.index) this.held.add(send)
    else send()
  }

  private bodyOf(path: string): unknown {
    const name = /^\/v1\/catalog\/service\/(.+)$/.exec(path)?.[1]
    if (name !== undefined) return this.services.get(decodeURIComponent(name)) ?? []
    return path === '/v1/catalog/services' ? Object.fromEntries([...this.services.keys()].map(key => [key, ['version|v1']])) : null
  }
}

interface Followed {
  readonly source: ConsulSource
  readonly batches: ConfigBatch[]
  hosts(): readonly string[]
  addresses(): readonly string[]
}

async function follow(url: string, more: { readonly patienceMs?: number } = {}): Promise<Followed> {
  const source = new ConsulSource({
    url,
    trustDomain: 'cluster.local',
    namespace: 'default',
    clock: systemClock,
    log: silentLogger,
    pollMs: 20,
    ...more,
  })
  const batches: ConfigBatch[] = []
  cleanups.push(() => source.close())
  await source.start(batch => void batches.push(batch))
  const registry = (): ReturnType<typeof buildRegistry> => {
    const objects = new Map<string, ConfigBatch['upserts'][number]>()
    for (const batch of batches) {
      for (const object of batch.upserts) objects.set(object.meta.name, object)
      for (const key of batch.deletes) objects.delete(key.name)
    }
    return buildRegistry(objects.values(), { clusterDomain: 'cluster.local', trustDomain: 'cluster.local' })
  }
  return {
    source,
    batches,
    hosts: () => registry().services.map(({ hostname }) => hostname),
    addresses: () => [...registry().endpoints.values()].flat().map(({ address, port }) => `${address}:${port}`),
  }
}

test('the first batch is the whole catalogue, without Consul itself', async () => {
  const catalogue = new Catalogue()
  catalogue.services.set('reviews', [instance('reviews', '10.0.0.1', 9080), instance('reviews', '', 9081)])
  catalogue.services.set('ratings', [instance('ratings', '10.0.0.2', 9080)])
  const followed = await follow(await catalogue.listen())
  expect(followed.batches).toHaveLength(1)
  expect(followed.hosts().toSorted()).toEqual(['ratings.service.consul', 'reviews.service.consul'])
  // Without an address of its own the instance is where its node is.
  expect(followed.addresses().toSorted()).toEqual(['10.0.0.1:9080', '10.0.0.2:9080', '192.168.10.10:9081'])
})

describe.each([true, false])('changes, with an index: %s', blocking => {
  test('of instances and of services arrive', async () => {
    const catalogue = new Catalogue()
    catalogue.blocking = blocking
    catalogue.set('reviews', [instance('reviews', '10.0.0.1', 9080)])
    const followed = await follow(await catalogue.listen())
    catalogue.set('reviews', [instance('reviews', '10.0.0.1', 9080), instance('reviews', '10.0.0.9', 9080)])
    await vi.waitFor(() => expect(followed.addresses()).toEqual(['10.0.0.1:9080', '10.0.0.9:9080']))
    catalogue.set('ratings', [instance('ratings', '10.0.0.2', 9080)])
    await vi.waitFor(() => expect(followed.hosts()).toContain('ratings.service.consul'))
    catalogue.set('reviews', undefined)
    await vi.waitFor(() => expect(followed.hosts()).toEqual(['ratings.service.consul']))
  })
})

test('a server that has no news is not asked again', async () => {
  const catalogue = new Catalogue()
  catalogue.set('reviews', [instance('reviews', '10.0.0.1', 9080)])
  await follow(await catalogue.listen())
  await vi.waitFor(() => expect(catalogue.asked).toHaveLength(4))
  expect(catalogue.asked.filter(url => url.includes('?index=11&wait=60000ms'))).toHaveLength(2)
})

test('an index that goes back makes it begin again', async () => {
  const catalogue = new Catalogue()
  catalogue.set('reviews', [instance('reviews', '10.0.0.1', 9080)])
  const followed = await follow(await catalogue.listen())
  catalogue.index = 1
  catalogue.set('reviews', [instance('reviews', '10.0.0.7', 9080)])
  await vi.waitFor(() => expect(followed.addresses()).toEqual(['10.0.0.7:9080']))
})

test('what was known stays while Consul answers with errors', async () => {
  const catalogue = new Catalogue()
  catalogue.set('reviews', [instance('reviews', '10.0.0.1', 9080)])
  const followed = await follow(await catalogue.listen())
  catalogue.status = 500
  catalogue.set('reviews', [])
  await vi.waitFor(() => expect(catalogue.asked.length).toBeGreaterThan(5))
  expect(followed.addresses()).toEqual(['10.0.0.1:9080'])
  catalogue.status = 200
  await vi.waitFor(() => expect(followed.hosts()).toEqual([]), { timeout: 5000 })
})

test('a start does not wait for ever, and the catalogue comes when it comes', async () => {
  const catalogue = new Catalogue()
  catalogue.status = 503
  catalogue.set('reviews', [instance('reviews', '10.0.0.1', 9080)])
  const followed = await follow(await catalogue.listen(), { patienceMs: 30 })
  expect(followed.batches).toEqual([{ upserts: [], deletes: [], rejections: [] }])
  catalogue.status = 200
  await vi.waitFor(() => expect(followed.addresses()).toEqual(['10.0.0.1:9080']), { timeout: 5000 })
})

test('a service whose name is no host is refused, the others go on', async () => {
  const catalogue = new Catalogue()
  catalogue.set('bad name', [instance('bad name', '10.0.0.1', 9080)])
  catalogue.set('good', [instance('good', '10.0.0.2', 9080)])
  const followed = await follow(await catalogue.listen())
  expect(followed.hosts()).toEqual(['good.service.consul'])
  expect(followed.batches.at(-1)?.rejections).toMatchObject([{ violations: [{ path: 'spec.hosts[0]' }] }])
})

describe('a service of the catalogue', () => {
  const names = { trustDomain: 'cluster.local', namespace: 'default' }
  const documentOf = (...instances: readonly Instance[]): readonly object[] => serviceDocuments(readCatalogEntries(instances) ?? [], names)

  test('has labels, place, weight, protocol and an account of its own', () => {
    expect(documentOf(instance('reviews', '10.0.0.1', 9080))).toMatchObject([
      {
        metadata: { name: 'consul-reviews-9080' },
        spec: {
          hosts: ['reviews.service.consul'],
          ports: [{ number: 9080, name: 'http', protocol: 'HTTP' }],
          subjectAltNames: ['spiffe://cluster.local/ns/default/sa/reviews'],
          location: 'MESH_INTERNAL',
          resolution: 'STATIC',
          endpoints: [{ address: '10.0.0.1', labels: { version: 'v1' }, locality: 'dc1', weight: 3 }],
        },
      },
    ])
  })

  test.each<[string, Instance, object]>([
    ['external', { NodeMeta: { external: 'true' } }, { location: 'MESH_EXTERNAL', resolution: 'NONE' }],
    ['of another protocol', { NodeMeta: { protocol: 'mongo' } }, { ports: [{ name: 'mongo', protocol: 'MONGO' }] }],
    ['of an unknown protocol', { NodeMeta: { protocol: 'smtp' } }, { ports: [{ name: 'tcp', protocol: 'TCP' }] }],
    ['that says nothing', { NodeMeta: null }, { ports: [{ name: 'http', protocol: 'HTTP' }] }],
    [
      'with metadata of its own',
      { ServiceMeta: { protocol: 'grpc', serviceAccount: 'r' } },
      { ports: [{ protocol: 'GRPC' }], endpoints: [{ serviceAccount: 'r' }] },
    ],
    ['at a name', { ServiceAddress: 'db.example.com' }, { resolution: 'DNS' }],
  ])('%s', (_, more, spec) => {
    expect(documentOf(instance('reviews', '10.0.0.1', 9080, more))).toMatchObject([{ spec }])
  })

  test('instances that cannot be reached are left out', () => {
    expect(documentOf(instance('reviews', '10.0.0.1', 0), { ServiceName: 'x' })).toEqual([])
    expect(readCatalogEntries({})).toBeUndefined()
  })
})
