import { podNetworkObstacle } from '@meshwork/testkit/net'
import { beforeAll, describe, expect, it } from 'vitest'
import { object, pod, service } from '../mesh/told-objects.ts'
import { CLIENT, GATEWAY, GATEWAY_IP } from '../mesh/told-proxies.ts'
import { runTold, type ToldRequest } from '../mesh/told-scenario.ts'

const obstacle = podNetworkObstacle()
const ONE = { name: 'one', service: 'one.default', ip: '10.44.4.1', listens: [{ port: 8080, proto: 'http' }] }
const TWO = { name: 'two', service: 'two.default', ip: '10.44.4.2', listens: [{ port: 8080, proto: 'http' }] }
const PORT = '{name: http, port: 80, targetPort: 8080}'
const CLUSTER =
  pod('gateway', 'istio-system', GATEWAY_IP, '{istio: ingressgateway}', 'gateway') +
  pod('client', 'default', '10.44.1.1', '{app: client}', 'client') +
  pod('one', 'default', '10.44.4.1', '{app: one}') +
  pod('two', 'default', '10.44.4.2', '{app: two}') +
  service('one', 'default', '10.96.0.1', PORT, 'one', '10.44.4.1') +
  service('two', 'default', '10.96.0.2', PORT, 'two', '10.44.4.2')

function gateway(name: string, servers: string, istio: string = 'ingressgateway'): string {
  return object('Gateway', name, `{selector: {istio: ${istio}}, servers: [${servers}]}`)
}

function virtualService(name: string, hosts: string, gateways: string, rules: string): string {
  return object('VirtualService', name, `{hosts: [${hosts}], gateways: [${gateways}], ${rules}}`)
}

const to = (host: string): string => `http: [{route: [{destination: {host: ${host}}}]}]`
const plain = (host: string, more: object = {}): ToldRequest['request'] => ({ dial: `${GATEWAY_IP}:80`, proto: 'http', host, ...more })
const secured = (host: string, more: object = {}): ToldRequest['request'] => ({
  dial: `${GATEWAY_IP}:443`,
  proto: 'https',
  host,
  sni: host,
  ...more,
})
const fromClient = (dial: string, host: string, more: object = {}): ToldRequest['request'] => ({
  from: 'client',
  dial,
  proto: 'http',
  host,
  ...more,
})
const served = (endpoint: string): ToldRequest['must'] => ({ status: 200, endpoint })
const BROKEN = { outcome: 'error:reset', endpoint: null }

function fault(position: string, status: number, labels: string, type: string): string {
  const config = `{abort: {percent: 100, http_status: ${status}}, headers: [{name: envoyfilter-test, exact_match: foobar123}]}`
  return `{workloadLabels: ${labels}, filters: [{listenerMatch: {listenerType: ${type}, listenerProtocol: HTTP}, insertPosition: ${position}, filterType: HTTP, filterName: envoy.fault, filterConfig: ${config}}]}`
}

const INGRESS_PATHS =
  '[{path: /exact, pathType: ImplementationSpecific, backend: {service: {name: one, port: {name: http}}}}, {path: /pre.*, pathType: ImplementationSpecific, backend: {service: {name: two, port: {number: 80}}}}]'

const OBJECTS =
  CLUSTER +
  gateway('first', '{port: {number: 80, name: http, protocol: HTTP}, hosts: [a.example.com]}') +
  gateway('second', '{port: {number: 80, name: http, protocol: HTTP}, hosts: [b.example.com]}') +
  gateway('other', '{port: {number: 81, name: http, protocol: HTTP}, hosts: ["*"]}', 'egressgateway') +
  gateway(
    'secure',
    '{port: {number: 443, name: m, protocol: HTTPS}, hosts: [m.example.com], tls: {mode: MUTUAL, credentialName: m}}, ' +
      '{port: {number: 443, name: t, protocol: TLS}, hosts: [t.example.com], tls: {mode: PASSTHROUGH}}, ' +
      '{port: {number: 53, name: dns, protocol: UDP}, hosts: ["*"]}',
  ) +
  gateway('late', '{port: {number: 443, name: m, protocol: HTTPS}, hosts: [m.example.com], tls: {mode: SIMPLE, credentialName: m}}') +
  '{apiVersion: v1, kind: Secret, metadata: {name: m, namespace: istio-system}, type: Opaque, data: {cert: "${pem64:m.example.com.crt}", key: "${pem64:m.example.com.key}", cacert: "${pem64:ca.crt}"}}\n---\n' +
  virtualService('a', 'a.example.com', 'first', to('one')) +
  virtualService('a-late', 'a.example.com', 'first', to('two')) +
  virtualService('b', 'b.example.com', 'second', to('two')) +
  virtualService('m', 'm.example.com', 'secure', to('one')) +
  virtualService(
    't',
    't.example.com',
    'secure',
    'tls: [{match: [{sniHosts: [t.example.com]}], route: [{destination: {host: ext.example.org, port: {number: 443}}}]}]',
  ) +
  object(
    'ServiceEntry',
    'ext',
    '{hosts: [ext.example.org], ports: [{number: 443, name: tls, protocol: TLS}], resolution: STATIC, endpoints: [{address: 10.44.5.1, ports: {tls: 8443}}]}',
  ) +
  object(
    'EnvoyFilter',
    'first',
    fault('{index: FIRST}', 444, '{app: client}', 'SIDECAR_OUTBOUND'),
    'default',
    'networking.istio.io/v1alpha3',
  ) +
  object(
    'EnvoyFilter',
    'last',
    fault('{index: LAST}', 445, '{app: client}', 'SIDECAR_OUTBOUND'),
    'default',
    'networking.istio.io/v1alpha3',
  ) +
  object('EnvoyFilter', 'elsewhere', fault('{index: FIRST}', 446, '{app: nobody}', 'ANY'), 'default', 'networking.istio.io/v1alpha3') +
  object(
    'EnvoyFilter',
    'inbound',
    fault('{index: FIRST}', 447, '{istio: ingressgateway}', 'SIDECAR_INBOUND'),
    'default',
    'networking.istio.io/v1alpha3',
  ) +
  object(
    'EnvoyFilter',
    'bad',
    '{configPatches: [{applyTo: HTTP_FILTER, patch: {operation: ADD, value: {nmae: x}}}]}',
    'istio-system',
    'networking.istio.io/v1alpha3',
  ) +
  `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: default, annotations: {kubernetes.io/ingress.class: istio}}, spec: {rules: [{host: i.example.com, http: {paths: ${INGRESS_PATHS}}}]}}\n---\n` +
  `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: foreign, namespace: default, annotations: {kubernetes.io/ingress.class: other}}, spec: {rules: [{host: f.example.com, http: {paths: ${INGRESS_PATHS}}}]}}\n---\n`

const FILTERED = { headers: { 'envoyfilter-test': 'foobar123' } }

const REQUESTS = {
  first: { request: plain('a.example.com'), must: served('one') },
  second: { request: plain('b.example.com'), must: served('two') },
  port: { request: plain('a.example.com:8080'), must: served('one') },
  mutual: { request: secured('m.example.com', { clientCert: 'client' }), must: served('one') },
  bare: { request: secured('m.example.com'), must: BROKEN },
  passed: {
    request: secured('t.example.com'),
    must: { status: 200, endpoint: 'ext', serverCert: 't.example.com', upstream: { sni: 't.example.com' } },
  },
  unselected: { request: { dial: `${GATEWAY_IP}:81`, proto: 'http', host: 'a.example.com' }, must: BROKEN },
  filtered: { request: fromClient('10.96.0.1:80', 'one', FILTERED), must: { status: 444, endpoint: null } },
  unfiltered: { request: fromClient('10.96.0.1:80', 'one'), must: served('one') },
  gatewayUnfiltered: { request: plain('a.example.com', FILTERED), must: served('one') },
  exact: { request: plain('i.example.com', { path: '/exact' }), must: served('one') },
  longer: { request: plain('i.example.com', { path: '/exact/more' }), must: { status: 404, endpoint: null } },
  prefix: { request: plain('i.example.com', { path: '/prefix' }), must: served('two') },
  foreign: { request: plain('f.example.com', { path: '/exact' }), must: { status: 404, endpoint: null } },
} as const satisfies Readonly<Record<string, ToldRequest>>

describe.skipIf(obstacle !== null)(`objects of gateways${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let differences: (request: string) => readonly string[]
  const asTold = (...names: readonly (keyof typeof REQUESTS)[]): void => {
    for (const name of names) expect(differences(name)).toEqual([])
  }

  beforeAll(async () => {
    const ext = { name: 'ext', service: null, ip: '10.44.5.1', listens: [{ port: 8443, proto: 'https' }] }
    const certificates = ['m.example.com', 'client']
    differences = await runTold(
      { proxies: [GATEWAY, CLIENT], endpoints: [ONE, TWO, ext], objects: OBJECTS, certificates, requests: REQUESTS },
      'meshwork',
    )
  })

  it('[traffic-83] MUTUAL serves clients with a certificate of its authority and no others', () => asTold('mutual', 'bare'))
  it('[traffic-87] a Gateway opens its ports on the pods that it selects only', () => asTold('unselected'))
  it('[traffic-89] several Gateways share a port', () => asTold('first', 'second'))
  it('[traffic-90] of two rules for one host the oldest answers', () => asTold('first'))
  it('[traffic-93] the port in Host makes no difference', () => asTold('port'))
  it('servers that pass TLS on and servers that end it share a port, beside one of UDP, which is left out', () =>
    asTold('passed', 'mutual'))
  it("[traffic-103] a filter of 1.0's form takes effect at its place, the first before the last", () => asTold('filtered', 'unfiltered'))
  it('[traffic-104] filters take effect on the chosen workloads and sides only', () => asTold('gatewayUnfiltered', 'filtered'))
  it('[traffic-113] Ingress: exact paths, prefixes, hosts, and classes of others', () => asTold('exact', 'longer', 'prefix', 'foreign'))
})

const EGRESS = { ...GATEWAY, labels: { istio: 'egressgateway', app: 'egress' } }
const EGRESS_SERVICE = service(
  'egress',
  'istio-system',
  '10.96.1.1',
  '{name: http, port: 80, targetPort: 80}, {name: tls, port: 443, targetPort: 443}',
  'gateway',
  GATEWAY_IP,
)
const EGRESS_HOST = 'egress.istio-system.svc.cluster.local'

function external(name: string, vip: string, ip: string, port: string): string {
  return object(
    'ServiceEntry',
    name,
    `{hosts: [${name}.example.org], addresses: [${vip}], ports: [${port}], resolution: STATIC, endpoints: [{address: ${ip}, ports: {http: 8080, tls: 8443}}]}`,
  ).replace(port.includes('tls') ? 'http: 8080, ' : ', tls: 8443', '')
}

const EGRESS_OBJECTS =
  CLUSTER.replace('{istio: ingressgateway}', '{istio: egressgateway, app: egress}') +
  EGRESS_SERVICE +
  external('web', '240.0.0.1', '10.44.5.1', '{number: 80, name: http, protocol: HTTP}') +
  external('safe', '240.0.0.2', '10.44.5.2', '{number: 443, name: tls, protocol: TLS}') +
  external('safer', '240.0.0.3', '10.44.5.3', '{number: 443, name: tls, protocol: TLS}') +
  gateway(
    'egress',
    '{port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example.org]}, {port: {number: 443, name: tls, protocol: TLS}, hosts: ["*.example.org"], tls: {mode: PASSTHROUGH}}',
    'egressgateway',
  ) +
  object(
    'VirtualService',
    'web',
    `{hosts: [web.example.org], gateways: [mesh, egress], http: [{match: [{gateways: [mesh]}], route: [{destination: {host: ${EGRESS_HOST}, port: {number: 80}}}]}, {match: [{gateways: [egress]}], route: [{destination: {host: web.example.org, port: {number: 80}}, headers: {response: {set: {handled-by: egress}}}}]}]}`,
  ) +
  ['safe', 'safer']
    .map(name =>
      object(
        'VirtualService',
        name,
        `{hosts: [${name}.example.org], gateways: [mesh, egress], tls: [{match: [{gateways: [mesh], port: 443, sniHosts: [${name}.example.org]}], route: [{destination: {host: ${EGRESS_HOST}, port: {number: 443}}}]}, {match: [{gateways: [egress], port: 443, sniHosts: [${name}.example.org]}], route: [{destination: {host: ${name}.example.org, port: {number: 443}}}]}]}`,
      ),
    )
    .join('')

const outside = (name: string, ip: string, proto: string, port: number): object => ({ name, service: null, ip, listens: [{ port, proto }] })
const throughTls = (name: string, vip: string): ToldRequest => ({
  request: { from: 'client', dial: `${vip}:443`, proto: 'https', host: `${name}.example.org`, sni: `${name}.example.org` },
  must: { status: 200, endpoint: name, serverCert: `${name}.example.org`, upstream: { sni: `${name}.example.org` } },
})

describe.skipIf(obstacle !== null)('egress gateways', () => {
  const requests = {
    web: {
      request: fromClient('240.0.0.1:80', 'web.example.org'),
      must: { ...served('web'), responseHeaders: { 'handled-by': 'egress' } },
    },
    safe: throughTls('safe', '240.0.0.2'),
    safer: throughTls('safer', '240.0.0.3'),
  }
  let differences: (request: string) => readonly string[]

  beforeAll(async () => {
    const endpoints = [
      outside('web', '10.44.5.1', 'http', 8080),
      outside('safe', '10.44.5.2', 'https', 8443),
      outside('safer', '10.44.5.3', 'https', 8443),
    ]
    differences = await runTold({ proxies: [EGRESS, CLIENT], endpoints, objects: EGRESS_OBJECTS, certificates: [], requests }, 'meshwork')
  })

  it('[traffic-94] requests leave the mesh through the egress gateway', () => expect(differences('web')).toEqual([]))
  it('[traffic-95] TLS leaves through it unopened, each name to its own host', () => {
    expect([...differences('safe'), ...differences('safer')]).toEqual([])
  })
})
