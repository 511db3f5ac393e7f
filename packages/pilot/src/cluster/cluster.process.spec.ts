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

  async function start(): Promise<{ readonly pilot: Child; readonly get: (page: string) => Promise<unknown> }> {
    const [xds = 0, http = 0] = await freePorts(2)
    const args = ['--kubeconfig', server.kubeconfig, '--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`]
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
})

test('without a folder and without a cluster there is nothing to read', async () => {
  await using pilot = startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args: [] })
  await expect(pilot.whenReady()).rejects.toMatchObject({ code: 'FLAGS_INCOMPLETE', message: expect.stringContaining('no configuration') })
})
