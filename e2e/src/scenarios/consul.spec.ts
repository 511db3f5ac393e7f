import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../mesh/eventually.ts'
import { namedServer, SmallMesh } from '../mesh/small-mesh.ts'

let reviewsPort = 0

/** Instances by service, in the form of Consul's `/v1/catalog/service/:service`. */
const instances = new Map<string, readonly object[]>()
const running = new AsyncDisposableStack()
let mesh: SmallMesh
let index = 1

function instance(service: string, port: number, version: string): object {
  return {
    Node: 'node-1',
    Address: '127.0.0.1',
    Datacenter: 'dc1',
    NodeMeta: {},
    ServiceName: service,
    ServiceAddress: '',
    ServicePort: port,
    ServiceTags: [`version|${version}`],
  }
}

/** Answers as Consul documents, without holding questions back, so that it is asked every two seconds. */
async function catalogue(): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://consul')
    const name = /^\/v1\/catalog\/service\/(.+)$/.exec(pathname)?.[1]
    response.setHeader('X-Consul-Index', index++)
    response.end(JSON.stringify(name === undefined ? Object.fromEntries([...instances.keys()].map(key => [key, []])) : instances.get(name)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

const RULES = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews}
spec: {host: reviews.service.consul, subsets: [{name: v2, labels: {version: v2}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [reviews.service.consul]
  http:
  - match: [{uri: {prefix: /v2}}]
    route: [{destination: {host: reviews.service.consul, subset: v2}}]
  - route: [{destination: {host: reviews.service.consul}}]
`

beforeAll(async () => {
  const [one, two] = await Promise.all([namedServer('one'), namedServer('two')])
  running.use(one)
  running.use(two)
  reviewsPort = one.port
  instances.set('reviews', [instance('reviews', reviewsPort, 'v1')])
  instances.set('other', [instance('other', two.port, 'v1')])
  mesh = running.use(await SmallMesh.start({ yaml: RULES, pilot: ['--consul-url', await catalogue()] }))
  await eventually(async () => expect(await mesh.get(`http://reviews.service.consul:${one.port}/`)).toEqual({ status: 200, body: 'one' }))
})

afterAll(() => running.disposeAsync())

it('[traffic-139] serves <service>.service.consul, and tags are the labels of subsets', async () => {
  const port = reviewsPort
  expect((await mesh.get(`http://reviews.service.consul:${port}/v2`)).status).toBe(503)
  instances.set('reviews', [instance('reviews', port, 'v2')])
  await eventually(async () => expect(await mesh.get(`http://reviews.service.consul:${port}/v2`)).toEqual({ status: 200, body: 'one' }))
})

it('follows services that come and go', async () => {
  const added = await namedServer('added')
  running.use(added)
  instances.set('added', [instance('added', added.port, 'v1')])
  await eventually(async () => expect((await mesh.get(`http://added.service.consul:${added.port}/`)).body).toBe('added'))
})
