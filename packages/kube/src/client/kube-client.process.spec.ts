import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KubeClient } from './kube-client.ts'

const obstacle = apiServerObstacle()
const MAPS = '/api/v1/namespaces/default/configmaps'

describe.skipIf(obstacle !== null)(`a client of a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer
  let folder: string

  beforeAll(async () => {
    server = await TestApiServer.start()
    folder = mkdtempSync(join(tmpdir(), 'meshwork-account-'))
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('makes, applies, patches, replaces and deletes, and says who owns a field', async () => {
    const client = KubeClient.fromFile(server.kubeconfig)
    const map = (data: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data })
    expect(await client.create(MAPS, map({ one: '1' }))).toMatchObject({ status: 201 })
    expect(await client.create(MAPS, map({}))).toMatchObject({ status: 409 })
    expect(await client.apply(`${MAPS}/a`, map({ two: '2' }), { fieldManager: 'first' })).toMatchObject({
      status: 200,
      body: { data: { one: '1', two: '2' } },
    })
    const conflict = await client.apply(`${MAPS}/a`, map({ two: 'x' }), { fieldManager: 'second' })
    expect(conflict).toMatchObject({ status: 409, body: { message: expect.stringContaining('"first"') } })
    const forced = await client.apply(`${MAPS}/a`, map({ two: 'x' }), { fieldManager: 'second', force: true })
    expect(forced).toMatchObject({ status: 200, body: { data: { two: 'x' } } })
    expect(await client.merge(`${MAPS}/a`, { data: { one: null } })).toMatchObject({ body: { data: { two: 'x' } } })
    const stale = { ...map({}), metadata: { name: 'a', resourceVersion: '1' } }
    expect(await client.replace(`${MAPS}/a`, stale)).toMatchObject({ status: 409 })
    expect(await client.delete(`${MAPS}/a`)).toMatchObject({ status: 200 })
    expect(await client.get(`${MAPS}/a`)).toMatchObject({ status: 404 })
  })

  test('in a pod the token of the account is read again when it changes', async () => {
    const { hostname, port } = new URL(server.url)
    const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }
    expect(() => KubeClient.inCluster({ folder, environment })).toThrow('there is no token')
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
    write('ca.crt', server.rootPem)
    write('token', 'expired')
    write('namespace', 'istio-system\n')
    const client = KubeClient.inCluster({ folder, environment })
    expect(client.namespace).toBe('istio-system')
    expect(await client.get(MAPS)).toMatchObject({ status: 401 })
    write('token', `${server.token}\n`)
    expect(await client.get(MAPS)).toMatchObject({ status: 200 })
  })

  test('another server than the one of the kubeconfig is not believed', async () => {
    const { hostname, port } = new URL(server.url)
    const cluster = { name: 'c', cluster: { server: `https://${hostname}:${port}` } }
    const user = { name: 'u', user: { token: server.token } }
    const context = { name: 'x', context: { cluster: 'c', user: 'u' } }
    const text = JSON.stringify({ clusters: [cluster], users: [user], contexts: [context], 'current-context': 'x' })
    await expect(KubeClient.fromText(text, 'east').get(MAPS)).rejects.toThrow('certificate')
  })
})
