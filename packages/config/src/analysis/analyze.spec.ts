import { describe, expect, test } from 'vitest'
import { readText } from '../file/index.ts'
import { analyze } from './analyze.ts'

/** `code path` of every finding, for objects written one after the other. */
function findings(...documents: readonly string[]): readonly string[] {
  const { objects, rejections } = readText(documents.join('\n---\n'), 'test.yaml')
  return analyze(objects, rejections).map(({ code, path }) => `${code} ${path}`)
}

function istio(kind: string, name: string, spec: string, metadata = ''): string {
  return `{apiVersion: networking.istio.io/v1, kind: ${kind}, metadata: {name: ${name}${metadata}}, spec: {${spec}}}`
}

function service(name: string, ports = '{name: http, port: 80}'): string {
  return `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {selector: {app: ${name}}, ports: [${ports}]}}`
}

const to = (host: string, more = ''): string => `route: [{destination: {host: ${host}${more}}}]`
const route = (name: string, http: string, more = ''): string => istio('VirtualService', name, `hosts: [${name}], http: [${http}]${more}`)
const gateway = (name: string, host: string): string =>
  istio('Gateway', name, `selector: {istio: ingress}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["${host}"]}]`)
const rule = (host: string, more: string): string => istio('DestinationRule', host, `host: ${host}, ${more}`)

describe('IST0101', () => {
  test('hosts, subsets, gateways, mirrors and delegates that do not exist', () => {
    expect(
      findings(
        service('a'),
        rule('a', 'subsets: [{name: v1}]'),
        route(
          'a',
          `{${to('a', ', subset: v2')}, mirror: {host: nowhere}}, {match: [{uri: {prefix: /x}}], delegate: {name: d}}`,
          ', gateways: [mesh, gone, other/gone]',
        ),
      ).toSorted(),
    ).toEqual([
      'IST0101 spec.gateways[1]',
      'IST0101 spec.gateways[2]',
      'IST0101 spec.http[0].mirror.host',
      'IST0101 spec.http[0].route[0].destination.subset',
      'IST0101 spec.http[1].delegate',
      'IST0130 spec.http[1]',
    ])
  })

  test('names in every form that do exist', () => {
    const entry = istio('ServiceEntry', 'e', 'hosts: ["*.example.com"], ports: [{number: 80, name: http, protocol: HTTP}]')
    const reached = route(
      'a',
      ['a', 'a.default.svc.cluster.local', 'www.example.com'].map((host, i) => `{match: [{uri: {prefix: /${i}}}], ${to(host)}}`).join(','),
      ', gateways: [g, default/g, g.default.svc.cluster.local]',
    )
    expect(findings(service('a'), entry, gateway('g', '*'), reached)).toEqual([])
  })
})

describe('IST0106', () => {
  test('violations of the schema, with their lines', () => {
    const { objects, rejections } = readText(
      'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata:\n  name: g\nspec:\n  serverss: []\n',
      'g.yaml',
    )
    expect(analyze(objects, rejections)).toMatchObject([
      {
        code: 'IST0106',
        severity: 'error',
        file: 'g.yaml',
        line: 6,
        path: 'spec.serverss',
        remedy: "did you mean 'servers'?",
        key: { name: 'g' },
      },
    ])
  })
})

test('IST0109: two VirtualServices of the mesh for one host, however it is written', () => {
  const one = route('a', `{${to('a')}}`)
  const two = istio('VirtualService', 'b', `hosts: [a.default.svc.cluster.local], http: [{${to('a')}}]`)
  expect(findings(service('a'), one, two)).toEqual(['IST0109 spec.hosts[0]', 'IST0109 spec.hosts[0]'])
  const elsewhere = two
    .replace('{name: b', '{name: b, namespace: n')
    .replace('hosts:', 'exportTo: ["."], hosts:')
    .replace('host: a', 'host: a.default.svc.cluster.local')
  expect(findings(service('a'), one, elsewhere)).toEqual([])
})

test('IST0110 and IST0111: Sidecars that compete for workloads', () => {
  const pod = '{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: a, tier: b}}}'
  const sidecar = (name: string, selector: string): string => istio('Sidecar', name, `${selector}egress: [{hosts: ["./*"]}]`)
  const [app, tier] = [sidecar('app', 'workloadSelector: {labels: {app: a}}, '), sidecar('tier', 'workloadSelector: {labels: {tier: b}}, ')]
  expect(findings(pod, app, tier)).toEqual(['IST0110 spec.workloadSelector', 'IST0110 spec.workloadSelector'])
  expect(findings(app, tier)).toEqual([])
  expect(findings(sidecar('x', ''), sidecar('y', ''), app)).toEqual(['IST0111 spec.workloadSelector', 'IST0111 spec.workloadSelector'])
})

test('IST0112: a service of several ports needs one named', () => {
  const two = service('a', '{name: http, port: 80}, {name: http-b, port: 81}')
  expect(findings(two, route('a', `{${to('a')}}`))).toEqual(['IST0112 spec.http[0].route[0].destination'])
  expect(findings(two, route('a', `{${to('a', ', port: {number: 81}')}}`))).toEqual([])
})

test('IST0118: ports without a protocol', () => {
  expect(findings(service('a', '{name: web, port: 80}, {name: tcp, port: 81}, {name: x, port: 82, appProtocol: http}'))).toEqual([
    'IST0118 spec.ports[0]',
  ])
})

describe('IST0130 and IST0131', () => {
  test('routes behind one that takes everything', () => {
    expect(
      findings(service('a'), route('a', `{match: [{uri: {prefix: /}}], ${to('a')}}, {match: [{method: {exact: GET}}], ${to('a')}}`)),
    ).toEqual(['IST0130 spec.http[1]'])
    expect(findings(service('a'), route('a', `{match: [{uri: {prefix: /}, headers: {x: {}}}], ${to('a')}}, {${to('a')}}`))).toEqual([])
  })

  test('matches that an earlier one covers', () => {
    const paths = ['{prefix: /a}', '{prefix: /a/b}', '{exact: /a/c}', '{prefix: /b}', '{regex: "/a.*"}']
    expect(findings(service('a'), route('a', paths.map(uri => `{match: [{uri: ${uri}}], ${to('a')}}`).join(', ')))).toEqual([
      'IST0131 spec.http[1].match[0]',
      'IST0131 spec.http[2].match[0]',
    ])
  })
})

test('IST0132: a gateway that serves none of the hosts', () => {
  const bound = istio('VirtualService', 'v', `hosts: [a.example.com, b.example.org], gateways: [g], http: [{${to('a')}}]`)
  expect(findings(service('a'), gateway('g', '*.example.com'), bound)).toEqual([])
  expect(findings(service('a'), gateway('g', 'example.com'), bound)).toEqual(['IST0132 spec.gateways[0]'])
  expect(findings(service('a'), gateway('g', 'other/*'), bound)).toEqual(['IST0132 spec.gateways[0]'])
})

test('IST0145: two gateways for the same hosts and proxies', () => {
  expect(findings(gateway('g', '*.example.com'), gateway('h', 'www.example.com'))).toEqual([
    'IST0145 spec.servers[0]',
    'IST0145 spec.servers[0]',
  ])
  expect(findings(gateway('g', 'a.example.com'), gateway('h', 'b.example.com'))).toEqual([])
})

test('IST0173 and IST0174: subsets without endpoints, hosts without a service', () => {
  const pod = '{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: a, version: v1}}}'
  const endpoints =
    '{apiVersion: v1, kind: Endpoints, metadata: {name: a}, subsets: [{addresses: [{ip: 10.0.0.1, targetRef: {kind: Pod, name: p}}], ports: [{name: http, port: 80}]}]}'
  const subsets = rule('a', 'subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]')
  expect(findings(service('a'), pod, endpoints, subsets)).toEqual(['IST0173 spec.subsets[1].labels'])
  expect(findings(service('a'), subsets)).toEqual([])
  expect(findings(subsets)).toEqual(['IST0174 spec.host'])
})

test('IST0128 and IST0129: TLS that trusts anybody', () => {
  const tls = (settings: string): string =>
    rule('a', `trafficPolicy: {tls: {mode: SIMPLE${settings}}, portLevelSettings: [{port: {number: 80}, tls: {mode: SIMPLE${settings}}}]}`)
  expect(findings(service('a'), tls(''))).toEqual(['IST0128 spec.trafficPolicy.tls', 'IST0129 spec.trafficPolicy.portLevelSettings[0].tls'])
  expect(findings(service('a'), tls(', caCertificates: system'))).toEqual([])
})

test('an annotation silences codes for its object', () => {
  const silenced = (codes: string): string =>
    istio('DestinationRule', 'a', 'host: a', `, annotations: {galley.istio.io/analyze-suppress: "${codes}"}`)
  expect(findings(silenced('IST0174'))).toEqual([])
  expect(findings(silenced('IST0109, IST017*'))).toEqual([])
  expect(findings(silenced('IST0109'))).toEqual(['IST0174 spec.host'])
})
