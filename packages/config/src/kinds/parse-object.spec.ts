import { describe, expect, test } from 'vitest'
import { readText } from '../file/index.ts'
import { isKind, objectParser, readRawObject, type ObjectOf } from './index.ts'

function only<K extends 'VirtualService' | 'DestinationRule' | 'Secret' | 'Pod' | 'Sidecar'>(kind: K, yaml: string): ObjectOf<K> {
  const [object] = readText(yaml, 't.yaml').objects
  if (object === undefined || !isKind(object, kind)) throw new Error(`no ${kind}`)
  return object
}

const http = (route: string): string =>
  `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a}, spec: {hosts: [a], http: [{route: [{destination: {host: a}}], ${route}}]}}`

describe('parsed objects', () => {
  test('have defaults and typed values', () => {
    const { spec } = only('VirtualService', http('timeout: 1m2.5s, mirror: {host: b, port: {number: 80}}, mirrorPercentage: {value: 0.5}'))
    expect(spec).toMatchObject({ gateways: ['mesh'], tls: [], tcp: [], exportTo: [] })
    expect(spec.http[0]).toMatchObject({
      timeoutMs: 62_500,
      mirror: { host: 'b', port: 80 },
      mirrorPercent: 0.5,
      match: [],
      route: [{ weight: 0 }],
    })
    expect(spec.http[0]).not.toHaveProperty('timeout')
  })

  test('shares come from the newer field, then the older one, then are nothing', () => {
    const delay = (share: string): unknown =>
      only('VirtualService', http(`fault: {delay: {fixedDelay: 1s${share}}}`)).spec.http[0]?.fault?.delay
    expect(delay('')).toEqual({ percent: 0, fixedDelayMs: 1000 })
    expect(delay(', percent: 5')).toEqual({ percent: 5, fixedDelayMs: 1000 })
    expect(delay(', percent: 5, percentage: {value: 0.1}')).toEqual({ percent: 0.1, fixedDelayMs: 1000 })
    expect(delay(', percentage: {}')).toEqual({ percent: 0, fixedDelayMs: 1000 })
  })

  test('string matches are unions', () => {
    const [route] = only(
      'VirtualService',
      http('match: [{uri: {prefix: /a}, headers: {a: {regex: x}, b: {}}}], corsPolicy: {allowOrigin: ["*"]}'),
    ).spec.http
    expect(route?.match[0]).toMatchObject({
      uri: { kind: 'prefix', value: '/a' },
      headers: { a: { kind: 'regex', value: 'x' }, b: { kind: 'present' } },
    })
    expect(route?.corsPolicy?.allowOrigins).toEqual([{ kind: 'exact', value: '*' }])
  })

  test('are frozen to the last part', () => {
    const soft: string[] = []
    const visit = (value: unknown, place: string): void => {
      if (typeof value !== 'object' || value === null) return
      if (!Object.isFrozen(value)) soft.push(place)
      for (const [name, child] of Object.entries(value)) visit(child, `${place}.${name}`)
    }
    visit(only('VirtualService', http('match: [{uri: {exact: /}, queryParams: {a: {}}}], headers: {request: {set: {a: b}}}')), '')
    expect(soft).toEqual([])
  })

  test('an absent egress is not an empty one', () => {
    const sidecar = (spec: string): unknown =>
      only('Sidecar', `{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: a}, spec: {${spec}}}`).spec.egress
    expect(sidecar('')).toBeUndefined()
    expect(sidecar('egress: []')).toEqual([])
  })

  test('secrets are decoded, and stringData wins', () => {
    const { spec } = only('Secret', '{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: YQ==, b: Yg==}, stringData: {b: other}}')
    expect(Object.entries(spec.data).map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual([
      ['a', 'a'],
      ['b', 'other'],
    ])
  })

  test('names of the prototype are names like others', () => {
    const { meta, spec } = only(
      'VirtualService',
      '{"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "a", "labels": {"__proto__": "x"}}, "spec": {"hosts": ["a"], "http": [{"route": [{"destination": {"host": "a"}}], "appendHeaders": {"__proto__": "y", "constructor": "z"}}]}}',
    )
    expect(Object.keys(meta.labels)).toEqual(['__proto__'])
    expect(Object.keys(spec.http[0]?.appendHeaders ?? {})).toEqual(['__proto__', 'constructor'])
  })
})

describe('kinds that are not in the table', () => {
  const outcome = (apiVersion: string, kind: string): unknown => {
    const raw = readRawObject({ apiVersion, kind, metadata: { name: 'a' } }, { file: 'f', line: 1 }, 0)
    if (raw.kind === 'err') throw new Error('malformed')
    const parsed = objectParser().parse(raw.value)
    return parsed.kind === 'violations' ? parsed.violations[0] : parsed.kind
  }

  test.each([
    ['apps/v1', 'Deployment'],
    ['v1', 'ConfigMap'],
    ['v1', 'ReplicationController'],
    ['networking.k8s.io/v1', 'NetworkPolicy'],
    ['meshwork.dev/v1alpha1', 'LocalMesh'],
  ])('%s %s belongs to others', (apiVersion, kind) => expect(outcome(apiVersion, kind)).toBe('foreign'))

  test('the Gateway API is said to be missing, not passed over', () => {
    expect(outcome('gateway.networking.k8s.io/v1', 'Gateway')).toMatchObject({ code: 'not-supported', path: 'kind' })
    expect(outcome('gateway.networking.k8s.io/v1alpha2', 'TCPRoute')).toMatchObject({ code: 'not-supported' })
  })

  test('kinds before 1.0 are refused with what they became', () => {
    expect(outcome('config.istio.io/v1alpha1', 'RouteRule')).toMatchObject({ hint: 'write a VirtualService of networking.istio.io' })
    expect(outcome('config.istio.io/v1alpha2', 'EgressRule')).toMatchObject({ code: 'superseded-kind' })
  })

  test('mistakes are named, with the nearest kind', () => {
    expect(outcome('networking.istio.io/v1', 'VirtualServce')).toMatchObject({
      code: 'unknown-kind',
      hint: "did you mean 'VirtualService'?",
    })
    expect(outcome('v1', 'Servce')).toMatchObject({ code: 'unknown-kind', hint: "did you mean 'Service'?" })
    expect(outcome('meshwork.dev/v1', 'MeshConfg')).toMatchObject({ code: 'unknown-kind', hint: "did you mean 'MeshConfig'?" })
    expect(outcome('security.istio.io/v1', 'Unheard')).toMatchObject({ code: 'unknown-kind' })
    expect(outcome('networking.istio.io/v2', 'Gateway')).toMatchObject({ code: 'unknown-version', path: 'apiVersion' })
  })
})
