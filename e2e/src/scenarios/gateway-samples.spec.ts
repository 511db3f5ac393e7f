import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { podNetworkObstacle } from '@meshwork/testkit/net'
import { beforeAll, describe, expect, it } from 'vitest'

import { type SampleCluster, sampleCluster } from '../mesh/sample-cluster.ts'
import { pod } from '../mesh/told-objects.ts'
import { CLIENT, CLIENT_IP, GATEWAY, GATEWAY_IP } from '../mesh/told-proxies.ts'
import { runTold, type ToldRequest } from '../mesh/told-scenario.ts'

/** What users of Istio have; beside the repository, not part of it. */
const SAMPLES = path.resolve(import.meta.dirname, '../../../../shared/samples')
const obstacle = existsSync(SAMPLES) ? podNetworkObstacle() : 'shared/samples is not beside the repository'
const PROXIES = [CLIENT, GATEWAY]
const OWN =
  pod('client', 'default', CLIENT_IP, '{app: client}', 'client') + pod('gateway', 'istio-system', GATEWAY_IP, '{istio: ingressgateway}')

/** The server that the cert-manager sample leads to, which is not part of it. */
const RESOLVER =
  '{apiVersion: v1, kind: Service, metadata: {name: cert-manager-resolver, namespace: istio-system}, spec: {selector: {app: resolver}, ports: [{name: http, port: 8089}]}}\n---\n' +
  '{apiVersion: apps/v1, kind: Deployment, metadata: {name: resolver, namespace: istio-system}, spec: {template: {metadata: {labels: {app: resolver}}}}}\n---\n'

/** Asks the gateway, at one of its ports. */
const enter = (port: number, where: string, more: object = {}): ToldRequest['request'] => ({
  dial: `${GATEWAY_IP}:${port}`,
  proto: 'http',
  host: 'shop.example',
  path: where,
  ...more,
})
const served = (endpoint: string): ToldRequest['must'] => ({ status: 200, endpoint })
const bytes = (endpoint: string): ToldRequest['must'] => ({ outcome: 'ok', endpoint })
const NOBODY = { status: 404, endpoint: null }

/** What a set of samples promises, and how that is seen. `{name}` in an address is the address of that Service. */
interface Promised {
  readonly title: string
  readonly files: readonly string[]
  readonly more?: string
  readonly requests: Readonly<Record<string, ToldRequest>>
}

function fromClient(address: string, more: object): ToldRequest['request'] {
  return { from: 'client', dial: address, proto: 'tcp', body: 'hello\n', ...more }
}

function bookinfo(port: number): Promised['requests'] {
  return {
    'bookinfo page': { request: enter(port, '/productpage'), must: served('productpage-v1') },
    'bookinfo api': { request: enter(port, '/api/v1/products/0/reviews'), must: served('productpage-v1') },
    'bookinfo login': { request: enter(port, '/login'), must: served('productpage-v1') },
    'bookinfo elsewhere': { request: enter(port, '/details/0'), must: NOBODY },
  }
}

const CHALLENGE: Promised['requests'] = {
  'cert-manager challenge': { request: enter(80, '/.well-known/acme-challenge/x'), must: served('resolver') },
}

const PROMISES: readonly Promised[] = [
  {
    title: "today's bookinfo, httpbin and tcp-echo (all v1)",
    files: [
      'istio-now/bookinfo/platform/kube/bookinfo.yaml',
      'istio-now/bookinfo/networking/bookinfo-gateway.yaml',
      'istio-now/httpbin/httpbin.yaml',
      'istio-now/httpbin/httpbin-gateway.yaml',
      'istio-now/tcp-echo/tcp-echo-services.yaml',
      'istio-now/tcp-echo/tcp-echo-all-v1.yaml',
    ],
    requests: {
      ...bookinfo(8080),
      'bookinfo static': { request: enter(8080, '/static/bootstrap.css'), must: served('productpage-v1') },
      'httpbin at the gateway': { request: enter(80, '/status/200'), must: served('httpbin') },
      'httpbin in the mesh': { request: fromClient('{httpbin}:8000', { proto: 'http', host: 'httpbin:8000' }), must: served('httpbin') },
      'tcp-echo at the gateway': {
        request: enter(31_400, '', { proto: 'tcp', body: 'hello\n', count: 20 }),
        must: { endpoints: { 'tcp-echo-v1': 20 } },
      },
      'tcp-echo in the mesh': { request: fromClient('{tcp-echo}:9000', { count: 20 }), must: { rule: { minEndpoints: 2 } } },
      'tcp-echo, other port': { request: fromClient('{tcp-echo}:9001', { count: 20 }), must: { rule: { minEndpoints: 2 } } },
      'tcp-echo, port of no service': { request: fromClient('{pod tcp-echo-v2}:9002', {}), must: bytes('tcp-echo-v2') },
    },
  },
  {
    title: "today's helloworld, cert-manager and tcp-echo (20 % v2)",
    files: [
      'istio-now/helloworld/helloworld.yaml',
      'istio-now/helloworld/helloworld-gateway.yaml',
      'istio-now/bookinfo/networking/certmanager-gateway.yaml',
      'istio-now/tcp-echo/tcp-echo-services.yaml',
      'istio-now/tcp-echo/tcp-echo-all-v1.yaml',
      'istio-now/tcp-echo/tcp-echo-20-v2.yaml',
    ],
    more: RESOLVER,
    requests: {
      ...CHALLENGE,
      'helloworld by both versions': { request: enter(80, '/hello', { count: 20 }), must: { rule: { minEndpoints: 2 } } },
      'helloworld elsewhere': { request: enter(80, '/hello/there'), must: NOBODY },
      'tcp-echo split': {
        request: enter(31_400, '', { proto: 'tcp', body: 'hello\n', count: 200 }),
        must: { share: { 'tcp-echo-v1': 80, 'tcp-echo-v2': 20 }, tolerancePoints: 14 },
      },
    },
  },
  {
    title: "1.0's bookinfo and cert-manager, on one port",
    files: [
      'istio-1.0/bookinfo/platform/kube/bookinfo.yaml',
      'istio-1.0/bookinfo/networking/bookinfo-gateway.yaml',
      'istio-1.0/bookinfo/networking/certmanager-gateway.yaml',
    ],
    more: RESOLVER,
    requests: { ...bookinfo(80), ...CHALLENGE },
  },
  {
    title: "1.0's websockets",
    files: ['istio-1.0/websockets/app.yaml', 'istio-1.0/websockets/route.yaml'],
    requests: {
      'websocket page': { request: enter(80, '/'), must: served('tornado') },
      'websocket frames': { request: enter(80, '/chatsocket', { proto: 'ws', body: 'ping' }), must: { status: 101, endpoint: 'tornado' } },
    },
  },
]

/** Objects of the later files replace those of the earlier with the same name, as `kubectl apply` does. */
function applied({ files, more = '' }: Promised): SampleCluster {
  const documents = files.flatMap(file => readFileSync(path.join(SAMPLES, file), 'utf8').split(/^---.*$/m)).concat(more.split('---\n'))
  const last = new Map(documents.filter(text => /kind:/.test(text)).map(text => [identityOf(text), text]))
  return sampleCluster([...last.values()].join('\n---\n'), [9002])
}

function identityOf(document: string): string {
  return `${/kind: (\w+)/.exec(document)?.[1] ?? ''} ${/name: ([\w-]+)/.exec(document)?.[1] ?? ''}`
}

/** Puts addresses in the place of names. */
function addressed({ addresses, endpoints }: SampleCluster, requests: Promised['requests']): Promised['requests'] {
  const known = new Map([...addresses, ...endpoints.map(({ name, ip }) => [`pod ${name}`, ip] as const)])
  const text = JSON.stringify(requests).replaceAll(/\{((?:pod )?[a-z0-9-]+)\}:/g, (_, name: string) => `${known.get(name) ?? name}:`)
  return JSON.parse(text)
}

describe.skipIf(obstacle !== null).each(PROMISES)(`samples at the gateway and in the mesh: $title`, promised => {
  let differences: (request: string) => readonly string[]

  beforeAll(async () => {
    const cluster = applied(promised)
    const scenario = { proxies: PROXIES, endpoints: cluster.endpoints, objects: OWN + cluster.objects, certificates: [] }
    differences = await runTold({ ...scenario, requests: addressed(cluster, promised.requests) }, 'meshwork')
  }, 120_000)

  it.each(Object.keys(promised.requests))('%s', name => {
    expect(differences(name)).toEqual([])
  })
})
