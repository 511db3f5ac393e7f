import { describeConfigSource } from '@meshwork/config/contract'
import { customResourceDefinitions } from '@meshwork/config/crds'
import { KINDS, objectKeyText } from '@meshwork/config/kinds'
import type { ConfigBatch } from '@meshwork/config/source'
import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KubeClient } from '../client/kube-client.ts'
import { KubeSource } from './kube-source.ts'

type Fields = Readonly<Record<string, unknown>>

const obstacle = apiServerObstacle()
const ROUTES = KINDS.filter(({ kind }) => kind === 'VirtualService')
const CRD = customResourceDefinitions().find(({ spec }) => spec.names.kind === 'VirtualService')
const DEFINITION = 'crd/virtualservices.networking.istio.io'

/** The definition without a schema: the API server must let mistakes through, for the source to find them. */
function openDefinition(): string {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return JSON.stringify({ ...CRD, spec: { ...CRD?.spec, versions: CRD?.spec.versions.map(version => ({ ...version, schema })) } })
}

function route(name: string, timeout = '1s'): Fields {
  const http = [{ timeout, route: [{ destination: { host: name } }] }]
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name }, spec: { hosts: [name], http } }
}

describe.skipIf(obstacle !== null)(`a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer

  beforeAll(async () => {
    server = await TestApiServer.start()
    await define()
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  async function define(): Promise<void> {
    await server.kubectl(['apply', '--server-side', '-f', '-'], openDefinition())
    await server.kubectl(['wait', '--for=condition=Established', '--timeout=20s', DEFINITION])
  }

  function apply(document: Fields): Promise<string> {
    return server.kubectl(['apply', '--server-side', '--force-conflicts', '--validate=ignore', '-f', '-'], JSON.stringify(document))
  }

  function newSource(): KubeSource {
    return new KubeSource({ client: KubeClient.fromFile(server.kubeconfig), kinds: ROUTES, clock: systemClock, log: silentLogger })
  }

  /** Names of the objects in force, and the batches. */
  async function follow(source: KubeSource): Promise<{ names: () => readonly string[]; batches: readonly ConfigBatch[] }> {
    const batches: ConfigBatch[] = []
    const known = new Map<string, unknown>()
    await source.start(batch => {
      batches.push(batch)
      for (const key of batch.deletes) known.delete(objectKeyText(key))
      for (const { kind, meta, spec } of batch.upserts) known.set(objectKeyText({ kind, ...meta }), spec)
    })
    return { names: () => [...known.keys()].map(key => key.split('/')[2] ?? '').toSorted(), batches }
  }

  describeConfigSource('kubernetes', async documents => {
    for (const document of documents) if (document['kind'] === 'VirtualService') await apply(document)
    return {
      source: newSource(),
      put: async document => void (await apply(document)),
      remove: async ({ name }) => void (await server.kubectl(['delete', 'vs', name, '--wait=false'])),
      dispose: async () => void (await server.kubectl(['delete', 'vs', '--all', '--wait=false'])),
    }
  })

  test('nothing is lost while the API server is away, and a written status is no news', async () => {
    await apply(route('a'))
    await using source = closing(newSource())
    const { names, batches } = await follow(source.value)
    await server.crash()
    await expect.poll(() => batches.at(-1)?.rejections[0]?.violations[0]?.code, { timeout: 20_000 }).toBe('unreadable')
    expect(names()).toEqual(['a'])
    await server.recover()
    await apply(route('b'))
    await server.kubectl(['delete', 'vs', 'a', '--wait=false'])
    await expect.poll(names, { timeout: 20_000 }).toEqual(['b'])
    await expect.poll(() => batches.at(-1)?.rejections, { timeout: 20_000 }).toEqual([])
    const before = batches.length
    await server.kubectl(['patch', 'vs', 'b', '--subresource=status', '--type=merge', '-p', '{"status":{"observedGeneration":1}}'])
    await apply(route('c'))
    await expect.poll(names, { timeout: 10_000 }).toEqual(['b', 'c'])
    expect(batches.length - before).toBe(1)
  })

  test('a kind whose definition goes and comes back is followed again', async () => {
    await using source = closing(newSource())
    const { names } = await follow(source.value)
    await server.kubectl(['delete', DEFINITION])
    await expect.poll(names, { timeout: 20_000 }).toEqual([])
    await define()
    await apply(route('d'))
    await expect.poll(names, { timeout: 20_000 }).toEqual(['d'])
  })
})

function closing(value: KubeSource): { readonly value: KubeSource } & AsyncDisposable {
  return { value, [Symbol.asyncDispose]: () => value.close() }
}
