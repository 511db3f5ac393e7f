import { expect, test } from 'vitest'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import type { VirtualHostInputs } from '../translate/routes/inputs.ts'
import { parseProxyNode } from './proxy-node.ts'
import { viewIdentity } from './view-identity.ts'
import { planOutbound } from './view-plan.ts'

const service = (name: string): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: shop}, spec: {ports: [{name: http, port: 80}]}}`
const rules = (name: string, match: string): string =>
  `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${name}, namespace: shop}, spec: {hosts: [${name}], ` +
  `http: [{match: [${match}], route: [{destination: {host: ${name}}}]}]}}`

const snapshot = snapshotOf(
  [
    service('plain'),
    service('canary'),
    rules('canary', '{headers: {x-canary: {exact: "yes"}}}'),
    service('asking'),
    rules('asking', '{sourceNamespace: b}'),
    service('shadowed'),
    `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: other, namespace: b}, spec: {hosts: [shadowed.shop], ` +
      `exportTo: ['.'], resolution: NONE, ports: [{name: http, number: 80, protocol: HTTP}]}}`,
  ].join('\n---\n'),
)

function hostsFor(namespace: string): ReadonlyMap<string, VirtualHostInputs> {
  const domain = `${namespace}.svc.cluster.local`
  const locality = { region: '', zone: '', subZone: '' }
  const node = parseProxyNode({ id: `sidecar~10.0.0.1~p.${namespace}~${domain}`, cluster: '', metadata: {}, locality, userAgentName: '' })
  if (node.kind === 'err') throw new Error(node.error)
  const [table] = planOutbound(viewIdentity(node.value, snapshot), snapshot).tables
  return new Map(table?.virtualHosts.map(host => [host.service?.replace('.shop.svc.cluster.local', '') ?? '', host]))
}

const [a, b, shop] = [hostsFor('a'), hostsFor('b'), hostsFor('shop')]

test('namespaces that know a service by the same names share its host', () => {
  for (const name of ['plain', 'canary']) {
    expect(a.get(name)).toBeDefined()
    expect(b.get(name)).toBe(a.get(name))
  }
})

test('in its own namespace a service has a name more', () => {
  expect(a.get('plain')?.domains).not.toContain('plain')
  expect(shop.get('plain')?.domains).toContain('plain')
})

test('rules that ask who calls are told', () => {
  expect(b.get('asking')).not.toBe(a.get('asking'))
  expect(b.get('asking')?.caller.namespace).toBe('b')
})

test('a short name gives way where another service has it as its full name', () => {
  expect(a.get('shadowed')?.domains).toContain('shadowed.shop')
  const names = [...b.values()].filter(({ domains }) => domains.includes('shadowed.shop')).map(({ service: host }) => host)
  expect(names).toEqual(['shadowed.shop'])
})
