import { describe, expect, test } from 'vitest'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { egressScopes, visibleServices } from './outbound-scope.ts'
import { sidecarFor } from './sidecar-for.ts'
import { sidecarIdentity } from './testdata/sidecar-identity.ts'

const IDENTITY = sidecarIdentity()

const many = (...documents: readonly string[]): string => documents.join('\n---\n')
const entry = (place: string, host: string, spec = ''): string => {
  const [namespace = '', name = ''] = place.split('/')
  return `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}, namespace: ${namespace}}, spec: {hosts: [${JSON.stringify(host)}], ports: [{number: 80, name: http, protocol: HTTP}]${spec}}}`
}
const service = (namespace: string, name: string): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}}, spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}}`
const rule = (place: string, host: string, exportTo = '[]'): string => {
  const [namespace = '', name = ''] = place.split('/')
  return `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${name}, namespace: ${namespace}}, spec: {hosts: [${JSON.stringify(host)}], exportTo: ${exportTo}, http: [{directResponse: {status: 200}}]}}`
}
const sidecar = (egress: string): string =>
  `{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: s, namespace: default}, spec: {${egress}}}`

function reached(yaml: string): { readonly services: readonly string[]; readonly rules: readonly string[] } {
  const snapshot = snapshotOf(yaml)
  const scopes = egressScopes(IDENTITY, snapshot, sidecarFor(snapshot.sidecars, snapshot.mesh.rootNamespace, IDENTITY))
  return {
    services: scopes.flatMap(scope => scope.services.map(each => `${each.namespace}/${each.hostname}`)),
    rules: scopes.flatMap(scope => scope.virtualServices.map(({ meta }) => `${meta.namespace}/${meta.name}`)),
  }
}

const THREE = many(entry('default/a', 'a.com'), entry('bank/b', 'b.com'), entry('bank/w', '*.w.com'))

describe('the hosts of egress', () => {
  test.each([
    ['./*', ['default/a.com']],
    ['bank/*', ['bank/b.com', 'bank/*.w.com']],
    ['*/b.com', ['bank/b.com']],
    ['./b.com', []],
    ['~/*', []],
    ['*/*.com', ['default/a.com', 'bank/b.com', 'bank/*.w.com']],
    ['*/*.w.com', ['bank/*.w.com']],
    // One name of a wildcard host does not bring all the others with it.
    ['*/x.w.com', []],
  ])('%s', (host, expected) => {
    expect(reached(many(THREE, sidecar(`egress: [{hosts: [${JSON.stringify(host)}]}]`))).services.toSorted()).toEqual(expected.toSorted())
  })

  test.each(['egress: []', 'outboundTrafficPolicy: {mode: ALLOW_ANY}'])('%s leaves everything reachable', spec => {
    expect(reached(many(THREE, sidecar(spec))).services).toHaveLength(3)
  })

  test('rules are of interest as soon as they share a name with a pattern', () => {
    const rules = many(rule('bank/r', '*.w.com'), rule('bank/other', 'o.com'))
    expect(reached(many(THREE, rules, sidecar('egress: [{hosts: ["*/x.w.com"]}]'))).rules).toEqual(['bank/r'])
  })
})

describe('one host in several namespaces', () => {
  test('belongs to the own namespace', () => {
    expect(reached(many(entry('bank/x', 'x.com'), entry('default/x', 'x.com'))).services).toEqual(['default/x.com'])
  })

  test('belongs to the namespace that egress names, even if the own has it too', () => {
    const yaml = many(entry('default/x', 'x.com'), entry('bank/x', 'x.com'), sidecar('egress: [{hosts: ["bank/*"]}]'))
    expect(reached(yaml).services).toEqual(['bank/x.com'])
  })

  test('belongs to Kubernetes rather than to an older entry', () => {
    const host = 'pay.bank.svc.cluster.local'
    const yaml = many(entry('other/squatter', host), service('bank', 'pay'))
    expect(reached(yaml).services).toEqual([`bank/${host}`])
    expect(visibleServices('gateways', snapshotOf(yaml)).map(({ namespace }) => namespace)).toEqual(['bank'])
  })
})

describe('exportTo', () => {
  test.each([
    ['default', ['"."'], true],
    ['bank', ['"."'], false],
    ['bank', ['default'], true],
    ['bank', ['other'], false],
    ['bank', ['"*"'], true],
    ['default', ['"~"'], false],
  ])('in %s: %s', (namespace, exportTo, visible) => {
    const yaml = entry(`${namespace}/x`, 'x.com', `, exportTo: [${exportTo.join(',')}]`)
    expect(reached(yaml).services).toHaveLength(visible ? 1 : 0)
  })

  test.each([
    ['defaultServiceExportTo', { services: ['default/x.com'], rules: ['bank/r'] }],
    ['defaultVirtualServiceExportTo', { services: ['bank/y.com', 'default/x.com'], rules: [] }],
  ])('%s counts where an object says nothing', (setting, expected) => {
    const mesh = `{apiVersion: meshwork.dev/v1, kind: MeshConfig, metadata: {name: default}, spec: {${setting}: ["."]}}`
    const found = reached(many(mesh, entry('bank/y', 'y.com'), entry('default/x', 'x.com'), rule('bank/r', 'y.com')))
    expect({ ...found, services: found.services.toSorted() }).toEqual(expected)
  })

  test('rules for this namespace come before older ones for everybody', () => {
    const rules = many(rule('default/public', 'a.com'), rule('default/private', 'a.com', '["."]'), rule('bank/ours', 'a.com', '[default]'))
    expect(reached(many(THREE, rules)).rules).toEqual(['default/private', 'bank/ours', 'default/public'])
  })
})
