import { expect, test } from 'vitest'
import { snapshotOf, generate } from '../translate/testdata/run-case.ts'

const GATEWAY = 'router~10.1.2.3~gateway.istio-system~istio-system.svc.cluster.local'

function gateway(name: string, servers: string, namespace: string = 'default'): string {
  return `{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: ${name}, namespace: ${namespace}}, spec: {selector: {istio: ingressgateway}, servers: [${servers}]}}\n---\n`
}

function server(port: number, name: string, protocol: string, hosts: string, rest: string = ''): string {
  return `{port: {number: ${port}, name: ${name}, protocol: ${protocol}}, hosts: [${hosts}]${rest}}`
}

const PASS = ', tls: {mode: PASSTHROUGH}'
const FILES = ', tls: {mode: SIMPLE, serverCertificate: /a.pem, privateKey: /a.key}'
const REDIRECT = ', tls: {httpsRedirect: true}'

interface Outcome {
  /** `listener table,table`, where a chain without a table is `-`. */
  readonly listeners: readonly string[]
  readonly findings: readonly string[]
}

function outcome(objects: string): Outcome {
  const view = generate(snapshotOf(objects), GATEWAY, { LABELS: { istio: 'ingressgateway' } })
  const tables = view.routes.map(({ message }) => message.name)
  return {
    listeners: view.listeners
      .map(({ resource, message }) => `${resource.name} ${message.filterChains.length}`)
      .concat(tables)
      .toSorted(),
    findings: view.findings.map(({ violation }) => `${violation.path}: ${violation.message}`),
  }
}

test.each<[string, string, readonly string[], readonly string[]]>([
  [
    'plain HTTP of several Gateways and versions shares a port',
    gateway('a', server(80, 'http', 'HTTP', 'a.com')) + gateway('b', server(80, 'grpc', 'GRPC', 'b.com')),
    ['0.0.0.0_80 1', 'http.80'],
    [],
  ],
  [
    'the older one decides what a port is',
    gateway('a', server(80, 'http', 'HTTP', 'a.com')) + gateway('b', server(80, 'tcp', 'TCP', '"*"')),
    ['0.0.0.0_80 1', 'http.80'],
    ['spec.servers[0]: the older HTTP server of Gateway default/a has this port'],
  ],
  [
    'a port of TLS takes no plain text',
    gateway('a', server(443, 'https', 'HTTPS', 'a.com', FILES)) + gateway('b', server(443, 'http', 'HTTP', 'b.com')),
    ['0.0.0.0_443 1', 'https.443.https.a.default'],
    ['spec.servers[0]: the older HTTPS server of Gateway default/a has this port'],
  ],
  [
    'a host has one server with TLS on a port, that of the older Gateway',
    gateway('a', server(443, 'https', 'HTTPS', 'a.com', FILES)) + gateway('b', server(443, 'https', 'HTTPS', 'ns/A.com, b.com', FILES)),
    ['0.0.0.0_443 1', 'https.443.https.a.default'],
    ["spec.servers[0]: an older server has the host 'a.com' on this port"],
  ],
  [
    'a redirect of a host counts too',
    gateway('a', server(80, 'http', 'HTTP', '"*"', REDIRECT)) + gateway('b', server(80, 'http', 'HTTP', '"*"', REDIRECT)),
    ['0.0.0.0_80 1', 'http.80'],
    ["spec.servers[0]: an older server has the host '*' on this port"],
  ],
  [
    'passing and ending TLS stand side by side',
    gateway('a', `${server(443, 'https', 'HTTPS', 'a.com', FILES)}, ${server(443, 'tls', 'TLS', 'b.com', PASS)}`) + route('b.com'),
    ['0.0.0.0_443 2', 'https.443.https.a.default'],
    [],
  ],
  [
    'servers on addresses of their own have ports of their own',
    gateway('a', `${server(80, 'one', 'HTTP', 'a.com', ', bind: 10.1.2.3')}, ${server(80, 'two', 'HTTP', 'a.com', ', bind: 10.1.2.4')}`),
    ['10.1.2.3_80 1', '10.1.2.4_80 1', 'http.80.10.1.2.3', 'http.80.10.1.2.4'],
    [],
  ],
  ['a server of UDP is nothing', gateway('a', server(53, 'dns', 'UDP', '"*"')), [], []],
  [
    'demands that no proxy can check close their server',
    gateway(
      'a',
      server(443, 'https', 'HTTPS', 'a.com', ', tls: {mode: SIMPLE, serverCertificate: /a, privateKey: /b, verifyCertificateSpki: [x]}'),
    ),
    ['0.0.0.0_443 1', 'https.443.https.a.default'],
    ["spec.servers[0].tls: 'x' is not a SHA-256 in base64"],
  ],
  [
    'an address that says nothing is the default',
    gateway('a', `${server(80, 'one', 'HTTP', 'a.com', ', bind: 0.0.0.0')}, ${server(80, 'two', 'HTTP', 'b.com')}`),
    ['0.0.0.0_80 1', 'http.80.0.0.0.0'],
    [],
  ],
  [
    'a Secret that is not there closes its server, and the port stays',
    gateway('a', server(443, 'https', 'HTTPS', 'a.com', ', tls: {mode: SIMPLE, credentialName: none}')),
    ['0.0.0.0_443 1', 'https.443.https.a.default'],
    ["spec.servers[0].tls: there is no Secret 'none' in the namespace of the gateway's pods"],
  ],
])('%s', (_, objects, listeners, findings) => {
  expect(outcome(objects)).toEqual({ listeners, findings })
})

function route(host: string): string {
  return `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v, namespace: default}, spec: {hosts: [${host}], gateways: [a], tls: [{match: [{sniHosts: [${host}]}, {sniHosts: [${host}]}], route: [{destination: {host: x}}]}]}}\n---\n`
}

test('a mesh may confine Gateways to pods of their namespace', () => {
  const mesh = '{apiVersion: meshwork.dev/v1, kind: MeshConfig, metadata: {name: default}, spec: {scopeGatewayToNamespace: true}}\n---\n'
  const objects = gateway('a', server(80, 'http', 'HTTP', 'a.com')) + gateway('b', server(81, 'http', 'HTTP', 'a.com'), 'istio-system')
  expect(outcome(mesh + objects).listeners).toEqual(['0.0.0.0_81 1', 'http.81'])
})

test('AUTO_PASSTHROUGH hands on services of its hosts by the name that sidecars send, and adds no TLS', () => {
  const objects =
    '{apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}}\n---\n' +
    '{apiVersion: v1, kind: Service, metadata: {name: b, namespace: other}, spec: {clusterIP: 10.96.0.2, ports: [{name: http, port: 80}]}}\n---\n' +
    '{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: a, namespace: default}, spec: {host: a, subsets: [{name: v1, labels: {v: "1"}}]}}\n---\n' +
    gateway('a', server(15443, 'tls', 'TLS', '"*.default.svc.cluster.local"', ', tls: {mode: AUTO_PASSTHROUGH}'))
  const view = generate(snapshotOf(objects), GATEWAY, { LABELS: { istio: 'ingressgateway' } })
  const names = ['outbound_.80_._.a.default.svc.cluster.local', 'outbound_.80_.v1_.a.default.svc.cluster.local']
  expect(view.listeners[0]?.message.filterChains.flatMap(chain => chain.filterChainMatch?.serverNames)).toEqual(names)
  const clusters = view.clusters.map(({ message }) => message).filter(({ name }) => names.includes(name))
  expect(clusters.map(({ name, edsClusterConfig }) => [name, edsClusterConfig?.serviceName])).toEqual([
    [names[0], 'outbound|80||a.default.svc.cluster.local'],
    [names[1], 'outbound|80|v1|a.default.svc.cluster.local'],
  ])
  for (const cluster of clusters) expect([cluster.transportSocket, cluster.transportSocketMatches]).toEqual([undefined, []])
})
