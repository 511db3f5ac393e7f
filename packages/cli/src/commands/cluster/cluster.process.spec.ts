import { readFileSync } from 'node:fs'
import { freePorts } from '@meshwork/testkit/net'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runMeshctl } from '../../main.ts'

const obstacle = apiServerObstacle()
const PATIENCE = { timeout: 30_000, interval: 100 }

function mesh(clusterId: string, root: string): string {
  const args = JSON.stringify([`--cluster-id=${clusterId}`])
  return `
apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio-ca-root-cert, namespace: istio-system}
data: {root-cert.pem: ${root}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod, namespace: istio-system, labels: {app: istiod}}
spec:
  selector: {matchLabels: {app: istiod}}
  template:
    metadata: {labels: {app: istiod}}
    spec: {containers: [{name: discovery, image: pilot, args: ${args}}]}
`
}

function service(ip: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: shop, labels: {kubernetes.io/service-name: shop}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [${ip}], conditions: {ready: true}}]
`
}

describe.skipIf(obstacle !== null)(`meshctl cluster on two API servers${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let east: TestApiServer
  let west: TestApiServer

  beforeAll(async () => {
    ;[east, west] = await Promise.all([TestApiServer.start(), TestApiServer.start()])
    await Promise.all([apply(east, mesh('east', 'one')), apply(west, mesh('west', 'one'))])
    await Promise.all([apply(east, service('10.10.0.1')), apply(west, service('10.20.0.1'))])
  })

  afterAll(async () => {
    await Promise.all([east, west].map(server => server?.[Symbol.asyncDispose]()))
  })

  function apply(server: TestApiServer, text: string): Promise<string> {
    return server.kubectl(['apply', '--server-side', '--force-conflicts', '--validate=ignore', '-f', '-'], text)
  }

  interface Ran {
    readonly code: number
    readonly text: string
  }

  async function meshctl(...words: readonly string[]): Promise<Ran> {
    let text = ''
    const take = (part: string): void => void (text += part)
    const code = await runMeshctl(['cluster', ...words], { out: take, err: take, color: false })
    return { code, text }
  }

  async function asJson(...words: readonly string[]): Promise<Record<string, unknown>> {
    const { text } = await meshctl(...words, '-o', 'json')
    return JSON.parse(text)
  }

  async function objects(server: TestApiServer): Promise<readonly string[]> {
    const kinds = ['secrets,serviceaccounts,clusterroles,clusterrolebindings', '-A', '-l', 'app.kubernetes.io/part-of=istio', '-o', 'name']
    return (await server.kubectl(['get', ...kinds])).split('\n').filter(line => line !== '')
  }

  test('clusters whose roots differ are not joined, and nothing is written', async () => {
    await apply(west, mesh('west', 'other'))
    const { code, text } = await meshctl('join', east.kubeconfig, west.kubeconfig)
    expect(code).toBe(3)
    expect(text).toContain('different roots')
    expect(text).toContain('cacerts')
    expect([...(await objects(east)), ...(await objects(west))]).toEqual([])
    await apply(west, mesh('west', 'one'))
  })

  test('clusters of one id are not joined', async () => {
    await apply(west, mesh('east', 'one'))
    const { code, text } = await meshctl('join', east.kubeconfig, west.kubeconfig)
    expect(code).toBe(3)
    expect(text).toContain('global.multiCluster.clusterName')
    await apply(west, mesh('west', 'one'))
  })

  test('both sides get an account for the other and its secret, with which a control plane finds its services', async () => {
    const joined = await asJson('join', east.kubeconfig, west.kubeconfig)
    expect(joined).toMatchObject({
      kind: 'ClusterJoin',
      sides: [
        { id: 'east', follows: 'west', server: west.url },
        { id: 'west', follows: 'east', server: east.url },
      ],
    })
    const secret = await east.kubectl(['get', 'secret', 'istio-remote-secret-west', '-n', 'istio-system', '-o', 'json'])
    expect(secret).not.toContain(west.token)
    for (const [server, ips] of [
      [east, ['10.10.0.1', '10.20.0.1']],
      [west, ['10.20.0.1', '10.10.0.1']],
    ] as const) {
      await using pilot = await startPilot(server)
      await expect.poll(() => pilot.places(), PATIENCE).toEqual(ips)
    }
  })

  test('the other cluster is listed with its distance and root, and every check holds', async () => {
    expect(await asJson('list', east.kubeconfig)).toMatchObject({
      id: 'east',
      remotes: [{ id: 'west', server: west.url, sameRoot: true, unreadable: [], latencyMs: expect.any(Number) }],
    })
    const { code, text } = await meshctl('check', east.kubeconfig, west.kubeconfig)
    expect(text).not.toContain('✘')
    expect(code).toBe(0)
  })

  test('checks name what does not hold: rights, roots, a server that is gone', async () => {
    const role = 'istio-reader-east-istio-system'
    await west.kubectl(['patch', 'clusterrole', role, '--type=json', '-p', '[{"op":"remove","path":"/rules/1"}]'])
    await apply(east, mesh('east', 'other'))
    const broken = await meshctl('check', east.kubeconfig)
    expect(broken.code).toBe(1)
    expect(broken.text).toMatch(/CLUSTER_RIGHTS[^]*endpointslices[^]*CLUSTER_ROOT/)
    await apply(east, mesh('east', 'one'))
    expect((await meshctl('join', east.kubeconfig, west.kubeconfig)).code).toBe(0)
    expect((await meshctl('check', east.kubeconfig)).code).toBe(0)
    await west.crash()
    const gone = await meshctl('check', east.kubeconfig)
    expect(gone.code).toBe(1)
    expect(gone.text).toContain('CLUSTER_REACHABLE')
    await west.recover()
  })

  test('who leaves leaves nothing behind, and its tokens are worth nothing', async () => {
    const secret: { readonly data: Readonly<Record<string, string>> } = JSON.parse(
      await east.kubectl(['get', 'secret', 'istio-remote-secret-west', '-n', 'istio-system', '-o', 'json']),
    )
    expect((await meshctl('leave', east.kubeconfig, west.kubeconfig)).code).toBe(0)
    expect([...(await objects(east)), ...(await objects(west))]).toEqual([])
    const kubeconfig: { readonly users: readonly { readonly user: { readonly token: string } }[] } = JSON.parse(
      Buffer.from(secret.data['west'] ?? '', 'base64').toString(),
    )
    const token = kubeconfig.users[0]?.user.token ?? ''
    const args = ['--token', token, '--server', west.url, 'get', 'services']
    await expect(west.kubectl(['--kubeconfig=/dev/null', '--insecure-skip-tls-verify', ...args])).rejects.toThrow(/Unauthorized|logged in/)
    expect(await asJson('list', east.kubeconfig)).toMatchObject({ remotes: [] })
  })

  test('a cluster that is gone for good is left by the other one', async () => {
    expect((await meshctl('join', east.kubeconfig, west.kubeconfig)).code).toBe(0)
    await west.crash()
    const { code, text } = await meshctl('leave', east.kubeconfig, west.kubeconfig)
    expect(code).toBe(1)
    expect(text).toContain('4 objects removed')
    expect(await objects(east)).toEqual([])
    await west.recover()
    expect((await meshctl('leave', east.kubeconfig, west.kubeconfig)).code).toBe(0)
    expect(await objects(west)).toEqual([])
  })

  test('the secret is printed for control planes that are set up by hand', async () => {
    const { code, text } = await meshctl('remote-secret', west.kubeconfig, '--reader', 'hand', '--server', 'https://west.example:6443')
    expect(code).toBe(0)
    await apply(east, text)
    const written = await east.kubectl(['get', 'secret', '-n', 'istio-system', '-l', 'istio/multiCluster=true', '-o', 'json'])
    const encoded = /"west": "([^"]+)"/.exec(written)?.[1] ?? ''
    expect(Buffer.from(encoded, 'base64').toString()).toContain('https://west.example:6443')
  })

  test('a context that no kubeconfig has is answered with those that there are', async () => {
    const { code, text } = await meshctl('list', 'nowhere', '--kubeconfig', east.kubeconfig)
    expect(code).toBe(3)
    expect(text).toContain('nowhere')
    expect(text).toContain(String(JSON.parse(readFileSync(east.kubeconfig, 'utf8'))['current-context']))
  })
})

interface RunningPilot extends AsyncDisposable {
  readonly places: () => Promise<readonly string[]>
}

async function startPilot(server: TestApiServer): Promise<RunningPilot> {
  const [xds = 0, http = 0] = await freePorts(2)
  const id = server.kubeconfig.split('/').at(-2) ?? ''
  const addresses = ['--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`, '--cluster-id', id]
  const pilot: Child = startProgram(builtProgram('pilot/main'), { name: 'pilot', args: ['--kubeconfig', server.kubeconfig, ...addresses] })
  await pilot.whenReady()
  return {
    places: async () => {
      const answer = await fetch(`http://127.0.0.1:${http}/debug/endpointz`)
      const endpoints: readonly { readonly hostname: string; readonly address: string }[] = JSON.parse(await answer.text())
      return endpoints.filter(({ hostname }) => hostname.startsWith('shop.')).map(({ address }) => address)
    },
    [Symbol.asyncDispose]: () => pilot[Symbol.asyncDispose](),
  }
}
