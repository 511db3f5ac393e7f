import { podNetworkObstacle } from '@meshwork/testkit/net'
import { beforeAll, describe, expect, it } from 'vitest'
import { object, pod, service } from '../mesh/told-objects.ts'
import { runTold, type ToldRequest } from '../mesh/told-scenario.ts'

const obstacle = podNetworkObstacle()

function proxy(role: string, podName: string, ip: string, app: string): object {
  return { role, kind: 'sidecar', pod: podName, namespace: 'default', ip, labels: { app }, serviceAccount: app }
}

function endpoint(name: string, ip: string, listens: readonly (readonly [number, string])[], more: object = {}): object {
  return { name, service: 'any.default', ip, listens: listens.map(([port, proto]) => ({ port, proto })), ...more }
}

function rule(host: string, policy: string, more: string = ''): string {
  const name = host.replaceAll(/[^a-z0-9]/g, '')
  return object('DestinationRule', name, `{host: "${host}", trafficPolicy: {${policy}}${more}}`)
}

const PORTS =
  '{name: http, port: 80, targetPort: 8080}, {name: http-sticky, port: 81, targetPort: 8080}, ' +
  '{name: tcp, port: 82, targetPort: 8082}, {name: https, port: 443, targetPort: 8443}'

const [ONE, TWO] = ['10.44.4.1', '10.44.4.2']
const SECOND_SLICE =
  '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: shop-2, namespace: default, labels: {kubernetes.io/service-name: shop}}, ' +
  'ports: [{name: http, port: 8080}, {name: http-sticky, port: 8080}, {name: tcp, port: 8082}, {name: https, port: 8443}], ' +
  `endpoints: [{addresses: [${TWO}], conditions: {ready: true}, targetRef: {kind: Pod, name: shop-2, namespace: default}}]}\n---\n`

const ORIGINATION =
  '{hosts: [far.test], location: MESH_EXTERNAL, resolution: STATIC, ports: [{number: 80, targetPort: 8443, name: http, protocol: HTTP}], endpoints: [{address: 10.44.4.1}]}'

const OBJECTS =
  pod('client', 'default', '10.44.1.1', '{app: client, security.istio.io/tlsMode: istio}', 'client') +
  pod('client2', 'default', '10.44.1.2', '{app: client2, security.istio.io/tlsMode: istio}', 'client2') +
  pod('shop-1', 'default', ONE, '{app: shop, version: v1}') +
  pod('shop-2', 'default', TWO, '{app: shop, version: v2}') +
  pod('ratings-1', 'default', '10.44.3.1', '{app: ratings, security.istio.io/tlsMode: istio}', 'ratings') +
  service('shop', 'default', '10.96.0.1', PORTS, 'shop-1', ONE) +
  SECOND_SLICE +
  service('dead', 'default', '10.96.0.2', '{name: http, port: 80, targetPort: 8080}', 'shop-3', '10.44.77.77') +
  service('narrow', 'default', '10.96.0.3', '{name: tcp, port: 82, targetPort: 8082}', 'shop-4', '10.44.4.4') +
  service('straight', 'default', '10.96.0.4', '{name: http, port: 8080, targetPort: 8080}', 'shop-1', ONE) +
  service('plain', 'default', '10.96.0.5', '{name: http, port: 80, targetPort: 8080}', 'shop-1', ONE) +
  service('forced', 'default', '10.96.0.6', '{name: http, port: 80, targetPort: 8080}', 'shop-1', ONE) +
  service('opaque', 'default', '10.96.0.7', '{name: tcp, port: 80, targetPort: 8082}', 'shop-2', TWO) +
  service(
    'ratings',
    'default',
    '10.96.0.30',
    '{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 82, targetPort: 8443}, {name: x, port: 83, targetPort: 8444}, {name: http-own, port: 84, targetPort: 8445}',
    'ratings-1',
    '10.44.3.1',
  ) +
  service('renamed', 'default', '10.96.0.31', '{name: http, port: 80, targetPort: 8080}', 'ratings-1', '10.44.3.1') +
  object('ServiceEntry', 'far', ORIGINATION) +
  rule(
    'shop',
    'loadBalancer: {simple: ROUND_ROBIN}, portLevelSettings: [{port: {number: 81}, loadBalancer: {consistentHash: {httpHeaderName: x-user}}}]',
    ', subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]',
  ) +
  rule('dead', 'connectionPool: {tcp: {connectTimeout: 0.5s}}') +
  object('VirtualService', 'dead', '{hosts: [dead], http: [{retries: {attempts: 0}, route: [{destination: {host: dead}}]}]}') +
  rule('narrow', 'connectionPool: {tcp: {maxConnections: 1}}') +
  rule('straight', 'loadBalancer: {simple: PASSTHROUGH}') +
  rule('*.default.svc.cluster.local', 'tls: {mode: DISABLE}') +
  rule('plain', 'tls: {mode: DISABLE}') +
  rule('forced', 'tls: {mode: ISTIO_MUTUAL}') +
  rule('ratings', 'tls: {mode: ISTIO_MUTUAL}') +
  rule('renamed', 'tls: {mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://cluster.local/ns/default/sa/other"]}') +
  rule('far.test', 'tls: {mode: SIMPLE, sni: inside.test, insecureSkipVerify: true}') +
  object(
    'VirtualService',
    'shop-tcp',
    '{hosts: [shop], tcp: [{match: [{port: 82, sourceLabels: {app: client}}], route: [{destination: {host: shop, subset: v2, port: {number: 82}}}]}, ' +
      '{match: [{port: 82, sourceLabels: {app: client2}}], route: [{destination: {host: shop, subset: v1, port: {number: 82}}}]}]}',
  )

const http = (dial: string, host: string, more: object = {}): ToldRequest['request'] => ({
  from: 'client',
  dial,
  proto: 'http',
  host,
  ...more,
})
const tcp = (dial: string, more: object = {}): ToldRequest['request'] => ({ from: 'client', dial, proto: 'tcp', body: 'hi\n', ...more })
const foreignTls = (dial: string): ToldRequest['request'] => ({ dial, proto: 'https', host: 'own.test', sni: 'own.test' })
const served = (name: string, more: object = {}): ToldRequest['must'] => ({ status: 200, endpoint: name, ...more })
const allFrom = (name: string, count: number, status: string): ToldRequest['must'] => ({
  endpoints: { [name]: count },
  statuses: { [status]: count },
})

const REQUESTS: Readonly<Record<string, ToldRequest>> = {
  evenPort: { request: http('10.96.0.1:80', 'shop', { count: 20 }), must: { endpoints: { one: 10, two: 10 } } },
  stickyPort: { request: http('10.96.0.1:81', 'shop:81', { count: 20, headers: { 'x-user': 'ann' } }), must: { allSameEndpoint: true } },
  passthrough: { request: http(`${TWO}:8080`, 'straight:8080', { count: 5 }), must: allFrom('two', 5, '200') },
  deadHost: { request: http('10.96.0.2:80', 'dead'), must: { status: 503, endpoint: null, durationMs: [400, 4000] } },
  narrow: { request: tcp('10.96.0.3:82', { count: 5, concurrency: 5 }), must: { rule: { statusCount: { ok: [1, 2] } } } },
  firstCaller: { request: tcp('10.96.0.1:82', { count: 5 }), must: allFrom('two', 5, 'ok') },
  secondCaller: { request: tcp('10.96.0.1:82', { from: 'client2', count: 5 }), must: allFrom('one', 5, 'ok') },
  opaqueTls: {
    request: { ...foreignTls('10.96.0.1:443'), from: 'client' },
    must: { status: 200, upstream: { method: 'GET', path: '/', host: 'own.test', port: 8443, sni: 'own.test' } },
  },
  samePortHttp: { request: http('10.96.0.5:80', 'plain'), must: served('one') },
  samePortTcp: { request: tcp('10.96.0.7:80'), must: { outcome: 'ok', endpoint: 'two' } },
  originated: {
    request: http('10.44.4.1:80', 'far.test'),
    must: served('one', { upstream: { method: 'GET', path: '/', host: 'far.test', port: 8443, sni: 'inside.test' } }),
  },
  disabled: { request: http('10.96.0.5:80', 'plain'), must: served('one') },
  forced: { request: http('10.96.0.6:80', 'forced'), must: { status: 503, endpoint: null } },
  rightName: { request: http('10.96.0.30:80', 'ratings'), must: served('ratings') },
  wrongName: { request: http('10.96.0.31:80', 'renamed'), must: { status: 503, endpoint: null, upstreamRequests: {} } },
  foreignOnTcp: { request: foreignTls('10.44.3.1:8443'), must: served('ratings') },
  foreignOnAuto: { request: foreignTls('10.44.3.1:8444'), must: served('ratings') },
  foreignOnHttp: { request: foreignTls('10.44.3.1:8445'), must: { outcome: 'error:reset', endpoint: null } },
}

const TITLES: Readonly<Record<string, string>> = {
  'evenPort stickyPort': '[traffic-60] a port has settings of its own',
  passthrough: '[traffic-63] PASSTHROUGH leads to the pod that was dialled',
  deadHost: '[traffic-68] a host that does not answer fails after the connect timeout',
  narrow: '[traffic-65] connections beyond the limit are refused',
  'firstCaller secondCaller': '[traffic-51] TCP rules choose by the labels of the caller',
  opaqueTls: "[traffic-44] TLS of a port named https is the server's, end to end",
  'samePortHttp samePortTcp': '[traffic-54] HTTP and TCP share a port number at addresses of their own',
  originated: '[traffic-73] TLS SIMPLE: HTTP goes in, TLS with the SNI of the rule comes out',
  'disabled forced': '[traffic-75] DISABLE wins over mutual TLS for a server without a proxy',
  'rightName wrongName': '[traffic-76] a server under another account than the rule names gets nothing',
  'foreignOnTcp foreignOnAuto foreignOnHttp': '[security-37] TLS of the application passes untouched, but not on a port of HTTP',
}

describe.skipIf(obstacle !== null).each(['meshwork', 'envoy'] as const)('with %s as data plane', dataplane => {
  let differences: (request: string) => readonly string[]

  beforeAll(async () => {
    const inside: readonly (readonly [number, string])[] = [
      [8080, 'http'],
      [8443, 'https'],
      [8444, 'https'],
      [8445, 'https'],
    ]
    const open: readonly (readonly [number, string])[] = [
      [8080, 'http'],
      [8082, 'tcp'],
      [8443, 'https'],
    ]
    differences = await runTold(
      {
        proxies: [
          proxy('client', 'client', '10.44.1.1', 'client'),
          proxy('client2', 'client2', '10.44.1.2', 'client2'),
          proxy('server1', 'ratings-1', '10.44.3.1', 'ratings'),
        ],
        endpoints: [
          endpoint('one', ONE, open),
          endpoint('two', TWO, open),
          endpoint('slow', '10.44.4.4', [[8082, 'tcp']], { behaviour: { delayMs: 500 } }),
          endpoint('ratings', '10.44.3.1', inside, { sidecar: true }),
        ],
        objects: OBJECTS,
        certificates: [],
        requests: REQUESTS,
      },
      dataplane,
    )
  }, 120_000)

  it.each(Object.entries(TITLES).map(([names, title]) => ({ names, title })))('$title', ({ names }) => {
    for (const name of names.split(' ')) expect(differences(name)).toEqual([])
  })
})
