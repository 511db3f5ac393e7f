import { readFileSync } from 'node:fs'
import { freePorts } from '@meshwork/testkit/net'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClusterRow } from './cluster-rows.ts'

const obstacle = apiServerObstacle()
const PATIENCE = { timeout: 30_000, interval: 100 }
const EXEC = `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/false}}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`

function service(name: string, ...ips: readonly string[]): string {
  const metadata = `{name: ${name}, labels: {kubernetes.io/service-name: ${name}}}`
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: ${metadata}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [${ips.map(ip => `{addresses: [${ip}], conditions: {ready: true}}`).join(', ')}]
`
}

function secret(name: string, kubeconfigs: Readonly<Record<string, string>>): string {
  const metadata = { name, namespace: 'istio-system', labels: { 'istio/multiCluster': 'true' } }
  return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: kubeconfigs })
}

function apply(server: TestApiServer, text: string): Promise<string> {
  return server.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], text)
}

describe.skipIf(obstacle !== null)(`pilot with secrets of other clusters${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let own: TestApiServer
  let west: TestApiServer
  let pilot: Child
  let http = 0

  beforeAll(async () => {
    ;[own, west] = await Promise.all([TestApiServer.start(), TestApiServer.start()])
    await own.kubectl(['create', 'namespace', 'istio-system'])
    await Promise.all([apply(own, service('shop', '10.10.0.1')), apply(west, service('shop', '10.20.0.1'))])
    const [xds = 0, page = 0] = await freePorts(2)
    http = page
    const args = ['--kubeconfig', own.kubeconfig, '--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`]
    pilot = startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args: [...args, '--confirm-empty', '0'] })
    await pilot.whenReady()
  })

  afterAll(async () => {
    await pilot?.[Symbol.asyncDispose]()
    await Promise.all([own, west].map(server => server?.[Symbol.asyncDispose]()))
  })

  async function get(page: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${http}${page}`)).text()
  }

  async function places(name = 'shop'): Promise<readonly string[]> {
    const endpoints: readonly { readonly hostname: string; readonly address: string }[] = JSON.parse(await get('/debug/endpointz'))
    return endpoints.filter(({ hostname }) => hostname.startsWith(`${name}.`)).map(({ address }) => address)
  }

  async function clusters(): Promise<readonly ClusterRow[]> {
    return JSON.parse(await get('/debug/clusterz'))
  }

  function kubeconfig(server: TestApiServer): string {
    return readFileSync(server.kubeconfig, 'utf8')
  }

  function remove(name: string): Promise<string> {
    return own.kubectl(['delete', 'secret', name, '-n', 'istio-system'])
  }

  test('[traffic-137] pods of a cluster become endpoints with its secret, and leave with it', async () => {
    expect(await places()).toEqual(['10.10.0.1'])
    await apply(own, secret('west', { west: kubeconfig(west) }))
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1', '10.20.0.1'])
    expect(await clusters()).toMatchObject([
      { id: 'Kubernetes', syncStatus: 'synced' },
      { id: 'west', secretName: 'istio-system/west', syncStatus: 'synced', endpoints: 1 },
    ])
    expect(await get('/metrics')).toContain('istiod_managed_clusters{cluster_type="remote"} 1')
    await remove('west')
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1'])
    expect(await clusters()).toHaveLength(1)
  })

  test('[traffic-138] what changes in another cluster is in force by itself', async () => {
    await apply(own, secret('west', { west: kubeconfig(west) }))
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1', '10.20.0.1'])
    await apply(west, service('shop', '10.20.0.1', '10.20.0.2'))
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1', '10.20.0.1', '10.20.0.2'])
    await apply(west, service('shop', '10.20.0.1'))
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1', '10.20.0.1'])
  })

  test('an API server that dies takes nothing with it, and is followed again when it is back', async () => {
    await west.crash()
    await expect.poll(async () => (await clusters())[1]?.problem, PATIENCE).toBeTypeOf('string')
    expect(await get('/metrics')).toContain('istiod_remote_cluster_problem{cluster="west",secret="istio-system/west"} 1')
    await apply(own, service('shop', '10.10.0.1', '10.10.0.2'))
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1', '10.10.0.2', '10.20.0.1'])
    await west.recover()
    await apply(west, service('shop', '10.20.0.9'))
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1', '10.10.0.2', '10.20.0.9'])
    await expect.poll(async () => (await clusters())[1]?.problem, PATIENCE).toBeUndefined()
  })

  test('a kubeconfig that cannot be used is named, says no secrets, and concerns no other cluster', async () => {
    const broken = { north: 'token: &hidden-token [', south: EXEC, Kubernetes: kubeconfig(west) }
    await apply(own, secret('broken', broken))
    await expect.poll(clusters, PATIENCE).toHaveLength(5)
    const rows = new Map((await clusters()).slice(1).map(row => [row.id, row]))
    expect(rows.get('south')).toMatchObject({ secretName: 'istio-system/broken', syncStatus: 'failed' })
    expect(rows.get('south')?.problem).toContain('may not say exec')
    expect(rows.get('north')?.problem).toContain("'north' in the secret istio-system/broken")
    expect(rows.get('Kubernetes')?.problem).toContain('is the id of the own cluster')
    expect(rows.get('west')).toMatchObject({ syncStatus: 'synced' })
    expect(await get('/metrics')).toContain('istiod_remote_cluster_problem{cluster="south",secret="istio-system/broken"} 1')
    expect(pilot.log.all()).toContain('istio-system/broken')
    expect(`${pilot.log.all()}${await get('/debug/clusterz')}`).not.toContain('hidden-token')
    await apply(west, service('shop', '10.20.0.1'))
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1', '10.10.0.2', '10.20.0.1'])
    await remove('broken')
    await expect.poll(clusters, PATIENCE).toHaveLength(2)
  })

  test('a secret that changes moves its cluster; one that breaks leaves in force what was read', async () => {
    await apply(own, service('only-own', '10.10.0.7'))
    await apply(own, secret('west', { west: kubeconfig(own) }))
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1', '10.10.0.2', '10.10.0.1', '10.10.0.2'])
    expect(await places('only-own')).toEqual(['10.10.0.7', '10.10.0.7'])
    await apply(own, secret('west', { west: EXEC }))
    await expect.poll(async () => (await clusters())[1]?.syncStatus, PATIENCE).toBe('failed')
    await apply(own, service('only-own', '10.10.0.8'))
    await expect.poll(() => places('only-own'), PATIENCE).toEqual(['10.10.0.8', '10.10.0.8'])
    await apply(own, secret('west', { west: kubeconfig(west) }))
    await expect.poll(() => places(), PATIENCE).toEqual(['10.10.0.1', '10.10.0.2', '10.20.0.1'])
    expect(await places('only-own')).toEqual(['10.10.0.8'])
  })
})
