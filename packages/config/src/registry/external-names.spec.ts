import { describe, expect, test } from 'vitest'
import { readText } from '../file/index.ts'
import { buildRegistry } from './build-registry.ts'
import type { ServiceRegistry } from './model.ts'

const service = (name: string, spec: string): string => `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {${spec}}}`
const REVIEWS = service('reviews', 'clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]')
const ENDPOINTS =
  '{apiVersion: v1, kind: Endpoints, metadata: {name: reviews}, subsets: [{addresses: [{ip: 10.1.0.1}], ports: [{name: http, port: 8080}]}]}'
const named = (name: string, target: string): string => service(name, `type: ExternalName, externalName: ${target}`)

function registryOf(...documents: readonly string[]): ServiceRegistry {
  const { objects, rejections } = readText(documents.join('\n---\n'), 'test.yaml')
  expect(rejections).toEqual([])
  return buildRegistry(objects, { clusterDomain: 'cluster.local', trustDomain: 'cluster.local' })
}

describe('an ExternalName', () => {
  test.each([
    ['for a service', [named('alias', 'reviews.default.svc.cluster.local')]],
    ['with capitals and a dot at the end', [named('alias', 'Reviews.default.svc.cluster.local.')]],
    ['for another one', [named('alias', 'other.default.svc.cluster.local'), named('other', 'reviews.default.svc.cluster.local')]],
  ])('%s is another name of it', (_, aliases) => {
    const registry = registryOf(REVIEWS, ENDPOINTS, ...aliases)
    expect(registry.services.find(({ name }) => name === 'alias')).toMatchObject({
      aliasOf: { hostname: 'reviews.default.svc.cluster.local', namespace: 'default' },
      ports: [{ number: 80 }],
      resolution: 'static',
      external: false,
      addresses: [],
    })
    expect(registry.endpoints.get('default/alias.default.svc.cluster.local')).toMatchObject([
      { address: '10.1.0.1', port: 8080, hostname: 'alias.default.svc.cluster.local' },
    ])
  })

  test('for an entry is another name of its host', () => {
    const entry =
      '{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: e}, spec: {hosts: [a.com], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 1.1.1.1}]}}'
    expect(registryOf(entry, named('alias', 'a.com')).endpoints.get('default/alias.default.svc.cluster.local')).toMatchObject([
      { address: '1.1.1.1' },
    ])
  })

  test.each([
    ['for a stranger', [named('alias', 'example.com')]],
    ['in a circle', [named('alias', 'other.default.svc.cluster.local'), named('other', 'alias.default.svc.cluster.local')]],
  ])('%s is none', (_, aliases) => {
    const alias = registryOf(REVIEWS, ...aliases).services.find(({ name }) => name === 'alias')
    expect(alias).toMatchObject({ resolution: 'dns', external: true })
    expect(alias?.aliasOf).toBeUndefined()
  })
})
