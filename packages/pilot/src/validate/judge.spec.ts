import { describe, expect, test } from 'vitest'
import { judge } from './judge.ts'
import { admissionRequest, route } from './testdata/admission-request.ts'

const BAD = route({ timeout: 'soon' })

describe('judge', () => {
  test('accepts what the mesh reads, and refuses with the path, the code and the remedy', () => {
    expect(judge(admissionRequest(route()))).toMatchObject({
      kind: 'accepted',
      object: { kind: 'VirtualService', meta: { name: 'reviews', namespace: 'shop' } },
    })
    expect(judge(admissionRequest(BAD))).toEqual({
      kind: 'refused',
      reason: 'invalid_resource',
      violations: [
        { path: 'spec.http[0].timeout', code: 'bad-duration', message: "'soon' is not a duration", hint: "write '5s', '1m30s' or '250ms'" },
      ],
    })
  })

  test.each(['DELETE', 'CONNECT', 'ANYTHING'])('never stands in the way of %s', operation => {
    expect(judge(admissionRequest(BAD, { operation })).kind).toBe('passed')
    expect(judge(admissionRequest(undefined, { operation, oldObject: BAD })).kind).toBe('passed')
  })

  test('an update that changes only metadata or status passes, also of an object that is no longer valid', () => {
    const labelled = { ...BAD, metadata: { name: 'reviews', labels: { a: 'b' } }, status: { conditions: [] } }
    expect(judge(admissionRequest(labelled, { operation: 'UPDATE', oldObject: BAD })).kind).toBe('passed')
    expect(judge(admissionRequest(BAD, { operation: 'UPDATE', subResource: 'status', oldObject: route() })).kind).toBe('passed')
    expect(judge(admissionRequest(BAD, { operation: 'UPDATE', oldObject: route() })).kind).toBe('refused')
    expect(judge(admissionRequest(BAD, { operation: 'UPDATE', oldObject: route({ timeout: 'later' }) })).kind).toBe('refused')
  })

  test('an object on its way out may lose its finalizers', () => {
    const leaving = route({ timeout: 'soon' }, { name: 'reviews', deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(judge(admissionRequest(leaving, { operation: 'UPDATE', oldObject: route() })).kind).toBe('passed')
  })

  test('a name that is still to be generated is no violation', () => {
    expect(judge(admissionRequest(route({}, { generateName: 'reviews-' }))).kind).toBe('accepted')
    expect(judge(admissionRequest(route({}, {}), { name: 'reviews' })).kind).toBe('accepted')
    expect(judge(admissionRequest(route({}, {})))).toMatchObject({ kind: 'refused', violations: [{ path: 'metadata.name' }] })
  })

  test.each([
    ['a kind of others', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: {} }, 'passed'],
    [
      'a name that only others may have',
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'system:a' } },
      'passed',
    ],
    ['no kind at all', { metadata: { name: 'a' } }, 'passed'],
    [
      'an installer of Istio',
      { apiVersion: 'install.istio.io/v1alpha1', kind: 'IstioOperator', metadata: { name: 'a' }, spec: {} },
      'passed',
    ],
    ['the Gateway API', { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { name: 'a' }, spec: {} }, 'unread'],
    [
      'a Service that the mesh cannot read',
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 'x' }] } },
      'unread',
    ],
    [
      'a Secret, whose content must not be quoted',
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data: { key: 5 } },
      'passed',
    ],
    ['a mistyped kind', { apiVersion: 'networking.istio.io/v1', kind: 'VirtualServise', metadata: { name: 'a' }, spec: {} }, 'refused'],
    ['a version that is none', { ...route(), apiVersion: 'networking.istio.io/v9' }, 'refused'],
    ['a kind of before 1.0', { apiVersion: 'config.istio.io/v1alpha2', kind: 'RouteRule', metadata: { name: 'a' }, spec: {} }, 'refused'],
    ['nothing', undefined, 'refused'],
  ])('%s', (_, object, kind) => {
    expect(judge(admissionRequest(object)).kind).toBe(kind)
  })

  test('says in the words of the metric why', () => {
    const reason = (object: Parameters<typeof admissionRequest>[0]): unknown => ({ ...judge(admissionRequest(object)) })
    expect(reason({ ...route(), kind: 'VirtualServise' })).toMatchObject({ reason: 'unknown_type' })
    expect(reason(undefined)).toMatchObject({ reason: 'yaml_decode_error' })
    expect(reason(BAD)).toMatchObject({ reason: 'invalid_resource' })
  })
})
