import { expect, test } from 'vitest'
import { bytesOf, millicpuOf, summaryOf } from './install-summary.ts'

test.each([
  ['100m', 100],
  ['0.5', 500],
  ['2', 2000],
  ['', 0],
])('CPU of %s', (text, expected) => expect(millicpuOf(text)).toBe(expected))

test.each([
  ['256Mi', 268_435_456],
  ['1G', 1e9],
  ['1024', 1024],
  ['x', 0],
])('memory of %s', (text, expected) => expect(bytesOf(text)).toBe(expected))

test('sums what is requested over replicas and names images and rights', () => {
  const container = { image: 'hub/pilot:1', resources: { requests: { cpu: '100m', memory: '1Mi' } } }
  const spec = { replicas: 3, template: { spec: { containers: [container] } } }
  const rules = [{ apiGroups: ['', 'apps'], resources: ['pods'], verbs: ['get', 'list'], resourceNames: ['a'] }]
  expect(
    summaryOf([
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'istiod' }, spec },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'istiod' }, rules },
    ]),
  ).toEqual({
    images: ['hub/pilot:1'],
    rights: ['Role istiod: get, list pods [a] of apps'],
    requests: { millicpu: 300, bytes: 3 * 2 ** 20 },
  })
})
