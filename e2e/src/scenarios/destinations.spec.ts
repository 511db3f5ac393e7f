import { podNetworkObstacle } from '@meshwork/testkit/net'
import { beforeAll, describe, expect, it } from 'vitest'
import { object, pod, service } from '../mesh/told-objects.ts'
import { CLIENT, CLIENT_IP, GATEWAY, GATEWAY_IP } from '../mesh/told-proxies.ts'
import { runTold, type ToldRequest } from '../mesh/told-scenario.ts'

const obstacle = podNetworkObstacle()
const [ONE, TWO, THREE] = ['10.44.4.1', '10.44.4.2', '10.44.4.3']
const PROXIES = [CLIENT, GATEWAY]

/** One good server and two that fail always; all of them also take bytes. */
const ENDPOINTS = [
  { name: 'good', ip: ONE },
  { name: 'bad1', ip: TWO, behaviour: { status: 500 } },
  { name: 'bad2', ip: THREE, behaviour: { status: 500 } },
].map(endpoint => ({
  ...endpoint,
  service: 'any.default',
  listens: [
    { port: 8080, proto: 'http' },
    { port: 9000, proto: 'tcp' },
    { port: 15_151, proto: endpoint.name === 'bad1' ? 'http' : 'tcp' },
    { port: 15_152, proto: 'tcp' },
    { port: 15_153, proto: 'http' },
  ],
}))

function slice(host: string, names: string, ports: string): string {
  const endpoints = names
    .split(' ')
    .map(ip => `{addresses: [${ip}], conditions: {ready: true}, targetRef: {kind: Pod, name: ${PODS[ip]}, namespace: default}}`)
  return (
    `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: ${host}-all, namespace: default, labels: {kubernetes.io/service-name: ${host}}}, ` +
    `ports: [${ports}], endpoints: [${endpoints.join(', ')}]}\n---\n`
  )
}

const PODS: Readonly<Record<string, string>> = { [ONE]: 'one', [TWO]: 'two', [THREE]: 'three' }

/** A service of these pods. `clusterIp` None: headless. */
function backed(host: string, clusterIp: string, port: string, ips: string): string {
  const spec = `{clusterIP: ${clusterIp}, selector: {app: ${host}}, ports: [${port}]}`
  const slicePort = port.replace(/port: \d+, targetPort: /, 'port: ')
  return `{apiVersion: v1, kind: Service, metadata: {name: ${host}, namespace: default}, spec: ${spec}}\n---\n${slice(host, ips, slicePort)}`
}

/** A host outside of the mesh without an address of its own: connections go where they were dialled. */
function outside(name: string, port: number, protocol: 'TCP' | 'HTTP'): string {
  const ports = `[{number: ${port}, name: ${protocol.toLowerCase()}, protocol: ${protocol}}]`
  return object('ServiceEntry', name, `{hosts: [${name}.test], location: MESH_EXTERNAL, resolution: NONE, ports: ${ports}}`)
}

/** What tells a router from bytes that pass: every request of the host is answered by the proxy. */
function aborted(host: string): string {
  const fault = 'fault: {abort: {httpStatus: 418, percentage: {value: 100}}}'
  return object(
    'VirtualService',
    host.replaceAll('.', '-'),
    `{hosts: [${host}], http: [{${fault}, route: [{destination: {host: ${host}}}]}]}`,
  )
}

function outlier(host: string, detection: string): string {
  const policy = `loadBalancer: {simple: ROUND_ROBIN}, outlierDetection: {consecutive5xxErrors: 1, interval: 0.1s, baseEjectionTime: 600s, ${detection}}`
  return (
    object('DestinationRule', host, `{host: ${host}, trafficPolicy: {${policy}}}`) +
    object('VirtualService', host, `{hosts: [${host}], http: [{retries: {attempts: 0}, route: [{destination: {host: ${host}}}]}]}`)
  )
}

/** TLS to the gateway, for what is called at `address`; `tls` of the DestinationRule. */
function originated(name: string, address: string, tls: string): string {
  const ports = '[{number: 80, targetPort: 8443, name: http, protocol: HTTP}]'
  const entry = `{hosts: [${name}.test], addresses: [${address}], location: MESH_EXTERNAL, resolution: STATIC, ports: ${ports}, endpoints: [{address: ${GATEWAY_IP}}]}`
  return (
    object('ServiceEntry', name, entry) +
    object(
      'DestinationRule',
      name,
      `{host: ${name}.test, trafficPolicy: {tls: {${tls}, sni: secure.test, subjectAltNames: [secure.test]}}}`,
    )
  )
}

const HTTP_PORT = '{name: http, port: 80, targetPort: 8080}'
const AUTHORITY = "caCertificates: '${file:ca.crt}'"
const OBJECTS =
  pod('client', 'default', CLIENT_IP, '{app: client}', 'client') +
  pod('gateway', 'istio-system', GATEWAY_IP, '{istio: ingressgateway}', 'gateway') +
  pod('one', 'default', ONE, '{version: v1}') +
  pod('two', 'default', TWO, '{version: v2}') +
  pod('three', 'default', THREE, '{version: v3}') +
  backed('shared', '10.96.0.1', '{name: tcp, port: 9000, targetPort: 9000}', `${ONE} ${TWO}`) +
  object('DestinationRule', 'shared', '{host: shared, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}') +
  object(
    'VirtualService',
    'shared',
    '{hosts: [shared], tcp: [{route: [{destination: {host: shared, subset: v1}, weight: 80}, {destination: {host: shared, subset: v2}, weight: 20}]}]}',
  ) +
  backed('mongo', '10.96.0.6', '{name: mongo, port: 27017, targetPort: 9000}', ONE) +
  backed('redis', '10.96.0.7', '{name: redis, port: 6379, targetPort: 9000}', ONE) +
  backed('headless-bytes', 'None', '{name: tcp, port: 15151, targetPort: 15151}', ONE) +
  backed('headless-http', 'None', '{name: http, port: 15151, targetPort: 15151}', TWO) +
  outside('bytes-first', 15_152, 'TCP') +
  outside('http-later', 15_152, 'HTTP') +
  aborted('http-later.test') +
  outside('http-first', 15_153, 'HTTP') +
  outside('bytes-later', 15_153, 'TCP') +
  aborted('http-first.test') +
  backed('limited', '10.96.0.2', HTTP_PORT, `${ONE} ${TWO} ${THREE}`) +
  outlier('limited', 'maxEjectionPercent: 50') +
  backed('unlimited', '10.96.0.3', HTTP_PORT, `${ONE} ${TWO} ${THREE}`) +
  outlier('unlimited', 'maxEjectionPercent: 100') +
  backed('panic', '10.96.0.4', HTTP_PORT, `${ONE} ${TWO} ${THREE}`) +
  outlier('panic', 'maxEjectionPercent: 100, minHealthPercent: 50') +
  service('plain', 'default', '10.96.0.5', HTTP_PORT, 'one', ONE) +
  object(
    'Gateway',
    'secure',
    '{selector: {istio: ingressgateway}, servers: [{port: {number: 8443, name: https, protocol: HTTPS}, hosts: ["*"], tls: {mode: MUTUAL, credentialName: secure}}]}',
  ) +
  '{apiVersion: v1, kind: Secret, metadata: {name: secure, namespace: istio-system}, type: Opaque, data: {cert: "${pem64:secure.test.crt}", key: "${pem64:secure.test.key}", cacert: "${pem64:ca.crt}"}}\n---\n' +
  object('VirtualService', 'secure', '{hosts: ["*"], gateways: [secure], http: [{route: [{destination: {host: plain}}]}]}') +
  originated(
    'known',
    '10.97.0.1',
    `mode: MUTUAL, clientCertificate: '\${file:caller.crt}', privateKey: '\${file:caller.key}', ${AUTHORITY}`,
  ) +
  originated('nameless', '10.97.0.2', `mode: SIMPLE, ${AUTHORITY}`)

const http = (dial: string, host: string, count: number = 1): ToldRequest['request'] => ({
  from: 'client',
  dial,
  proto: 'http',
  host,
  count,
})
const tcp = (dial: string, count: number = 1): ToldRequest['request'] => ({ from: 'client', dial, proto: 'tcp', body: 'hi\n', count })
const bytesFrom = (endpoint: string): ToldRequest['must'] => ({ outcome: 'ok', endpoint })
/** Envoy tells its load balancer of a second change only a second after the first (`update_merge_window`). */
const SETTLED_S = 1.5
/** By then every server has failed, and has been judged. */
const WARM: ToldRequest['must'] = { rule: { minEndpoints: 1 } }
const counted = (good: number, bad: number): ToldRequest['must'] => ({
  rule: { statusCount: { '200': [good - 1, good + 1], '500': [bad - 1, bad + 1] } },
})

const REQUESTS: Readonly<Record<string, ToldRequest>> = {
  shares: { request: tcp('10.96.0.1:9000', 200), must: { share: { good: 80, bad1: 20 }, tolerancePoints: 14, statuses: { ok: 200 } } },
  mongo: { request: tcp('10.96.0.6:27017'), must: bytesFrom('good') },
  redis: { request: { ...tcp('10.96.0.7:6379'), body: 'PING\r\n' }, must: { ...bytesFrom('good'), body: 'good got PING\r\n' } },
  headlessBytes: { request: tcp(`${ONE}:15151`), must: bytesFrom('good') },
  headlessHttp: { request: http(`${TWO}:15151`, 'headless-http:15151'), must: { status: 500, endpoint: 'bad1' } },
  bytesFirst: { request: tcp(`${ONE}:15152`), must: bytesFrom('good') },
  httpLater: {
    request: { ...tcp(`${ONE}:15152`), body: 'GET / HTTP/1.1\r\nhost: http-later.test:15152\r\n\r\n' },
    must: bytesFrom('good'),
  },
  httpFirst: { request: http(`${ONE}:15153`, 'http-first.test:15153'), must: { status: 418, endpoint: null } },
  bytesLater: { request: tcp(`${ONE}:15153`), must: { endpoint: null } },
  limitedWarm: { request: http('10.96.0.2:80', 'limited', 12), must: WARM },
  limited: { request: { ...http('10.96.0.2:80', 'limited', 20), waitBeforeSeconds: SETTLED_S }, must: counted(10, 10) },
  unlimitedWarm: { request: http('10.96.0.3:80', 'unlimited', 12), must: WARM },
  unlimited: { request: { ...http('10.96.0.3:80', 'unlimited', 20), waitBeforeSeconds: SETTLED_S }, must: { statuses: { '200': 20 } } },
  panicWarm: { request: http('10.96.0.4:80', 'panic', 12), must: WARM },
  panic: { request: { ...http('10.96.0.4:80', 'panic', 30), waitBeforeSeconds: SETTLED_S }, must: counted(10, 20) },
  withCertificate: { request: http('10.97.0.1:80', 'known.test'), must: { status: 200, endpoint: 'good' } },
  withoutCertificate: { request: http('10.97.0.2:80', 'nameless.test'), must: { status: 503, endpoint: null } },
}

const TITLES: Readonly<Record<string, string>> = {
  'mongo redis': '[traffic-45] bytes pass over ports of databases, whatever they are',
  shares: '[traffic-52] several weighted TCP destinations share connections (decision 0044)',
  'headlessBytes headlessHttp': '[traffic-53] headless services of one port do not meet: bytes are taken at the addresses of pods',
  'bytesFirst httpLater httpFirst bytesLater':
    '[traffic-53] the older of two services keeps a port at every address, whichever protocol it speaks',
  'limited unlimited': '[traffic-70] no more servers are ejected than the limit allows',
  panic: '[traffic-70] with too few healthy servers all are used',
  'withCertificate withoutCertificate': '[traffic-74] TLS MUTUAL presents the certificate that the server requires',
}

describe.skipIf(obstacle !== null).each(['meshwork', 'envoy'] as const)('with %s as data plane', dataplane => {
  let differences: (request: string) => readonly string[]

  beforeAll(async () => {
    const certificates = ['secure.test', 'caller']
    differences = await runTold({ proxies: PROXIES, endpoints: ENDPOINTS, objects: OBJECTS, certificates, requests: REQUESTS }, dataplane)
  }, 120_000)

  it.each(Object.entries(TITLES).map(([names, title]) => ({ names, title })))('$title', ({ names }) => {
    for (const name of names.split(' ')) expect(differences(name)).toEqual([])
  })
})
