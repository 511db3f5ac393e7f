import { customResourceDefinitions } from '@meshwork/config/crds'
import { freePorts } from '@meshwork/testkit/net'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const obstacle = apiServerObstacle()
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\nspec: {ports: [{name: http, port: 9080}]}\n'
const ROUTE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec: {hosts: [reviews], http: [{timeout: 2s, route: [{destination: {host: reviews}}]}]}
`

describe.skipIf(obstacle !== null)(`pilot on a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer

  beforeAll(async () => {
    server = await TestApiServer.start()
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  function apply(text: string): Promise<string> {
    return server.kubectl(['apply', '--server-side', '-f', '-'], text)
  }

  async function start(...more: readonly string[]): Promise<{ readonly pilot: Child; readonly get: (page: string) => Promise<unknown> }> {
    const [xds = 0, http = 0] = await freePorts(2)
    const args = ['--kubeconfig', server.kubeconfig, '--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`, ...more]
    const pilot = startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args })
    await pilot.whenReady()
    return { pilot, get: async page => (await fetch(`http://127.0.0.1:${http}${page}`)).json() }
  }

  test('objects are read without a folder, and those of kinds that are defined later', async () => {
    await apply(SERVICE)
    const { pilot, get } = await start()
    await using _ = pilot
    expect(JSON.stringify(await get('/debug/registryz'))).toContain('reviews.default.svc.cluster.local')
    const routes = customResourceDefinitions().filter(({ spec }) => spec.names.kind === 'VirtualService')
    await apply(JSON.stringify(routes[0]))
    await expect.poll(() => apply(ROUTE).catch(() => ''), { timeout: 20_000 }).toContain('serverside-applied')
    await expect.poll(async () => JSON.stringify(await get('/debug/configz')), { timeout: 20_000 }).toContain('"VirtualService"')
    expect(await get('/debug/rejections')).toEqual([])
  })

  test('configuration labelled for a revision is read by that one, and by the one that a tag of that name leads to', async () => {
    const entries = customResourceDefinitions().filter(({ spec }) => spec.names.kind === 'ServiceEntry')
    await apply(JSON.stringify(entries[0]))
    await server.kubectl(['wait', '--for=condition=Established', 'crd/serviceentries.networking.istio.io'])
    await expect.poll(() => apply(serviceEntry('for-all')).catch(() => ''), { timeout: 20_000 }).toContain('serverside-applied')
    for (const revision of ['default', 'canary', 'prod']) await apply(serviceEntry(`for-${revision}`, revision))
    await apply(tagOf('prod', 'default'))
    const [first, second] = await Promise.all([start(), start('--revision', 'canary')])
    await using _ = first.pilot
    await using __ = second.pilot
    const hosts = async ({ get }: Awaited<ReturnType<typeof start>>): Promise<readonly string[]> =>
      [...new Set(JSON.stringify(await get('/debug/registryz')).match(/for-\w+(?=\.test)/g))].toSorted()
    await expect.poll(() => hosts(first)).toEqual(['for-all', 'for-default', 'for-prod'])
    await expect.poll(() => hosts(second)).toEqual(['for-all', 'for-canary'])
    await apply(tagOf('prod', 'canary'))
    await expect.poll(() => hosts(second)).toEqual(['for-all', 'for-canary', 'for-prod'])
    await expect.poll(() => hosts(first)).toEqual(['for-all', 'for-default'])
  })
})

function serviceEntry(name: string, revision?: string): string {
  const labels = revision === undefined ? {} : { 'istio.io/rev': revision }
  const spec = { hosts: [`${name}.test`], ports: [{ number: 80, name: 'http', protocol: 'HTTP' }], resolution: 'DNS' }
  return JSON.stringify({
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name, namespace: 'default', labels },
    spec,
  })
}

function tagOf(tag: string, revision: string): string {
  const metadata = { name: `istio-revision-tag-${tag}`, labels: { 'istio.io/tag': tag, 'istio.io/rev': revision } }
  return JSON.stringify({ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata, webhooks: [] })
}

test('without a folder and without a cluster there is nothing to read', async () => {
  await using pilot = startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args: [] })
  await expect(pilot.whenReady()).rejects.toMatchObject({ code: 'FLAGS_INCOMPLETE', message: expect.stringContaining('no configuration') })
})
