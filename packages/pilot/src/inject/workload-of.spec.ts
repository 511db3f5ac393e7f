import { expect, test } from 'vitest'
import { ownerUrl, workloadOf } from './workload-of.ts'

const owned = (kind: string, name: string, labels: object = {}) => ({
  metadata: {
    generateName: `${name}-`,
    labels,
    ownerReferences: [
      { kind: 'Node', name: 'n' },
      { apiVersion: 'x/v1', kind, name, controller: true },
    ],
  },
})

test.each([
  ['a Deployment', owned('ReplicaSet', 'web-5d4f', { 'pod-template-hash': '5d4f' }), 'Deployment web'],
  ['a ReplicaSet of its own', owned('ReplicaSet', 'web-5d4f'), 'ReplicaSet web-5d4f'],
  ['a CronJob', owned('Job', 'report-29301234'), 'CronJob report'],
  ['a Job', owned('Job', 'report-7'), 'Job report-7'],
  ['a StatefulSet', owned('StatefulSet', 'db'), 'StatefulSet db'],
  ['nobody', { metadata: { name: 'alone' } }, 'Pod alone'],
  ['nobody, with a name to come', { metadata: { generateName: 'alone-' } }, 'Pod alone'],
])('a pod of %s', (_, pod, expected) => {
  const { kind, name } = workloadOf(pod)
  expect(`${kind} ${name}`).toBe(expected)
})

test('owners are written as Istio does it', () => {
  expect(ownerUrl({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, 'shop')).toBe(
    'kubernetes://apis/apps/v1/namespaces/shop/deployments/web',
  )
})
