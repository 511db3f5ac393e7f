import { expect, test } from 'vitest'
import type { KubeObject } from './kube-object.ts'
import { unreadiness } from './readiness.ts'

function deployment(status: object, generation = 2): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'istiod', generation }, spec: { replicas: 2 }, status }
}

const DONE = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }

test.each([
  [DONE, undefined],
  [{}, 'nobody has looked at it yet'],
  [{ ...DONE, observedGeneration: 1 }, 'nobody has looked at it yet'],
  [{ ...DONE, updatedReplicas: 1 }, '1 of 2 pods are of this version'],
  [{ ...DONE, replicas: 3 }, '1 pods of the last version are still there'],
  [{ ...DONE, availableReplicas: 0 }, '0 of 2 pods are ready'],
  [{ ...DONE, conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }] }, 'exceeded quota'],
])('a Deployment with %j', (status, expected) => {
  expect(unreadiness(deployment(status))).toBe(expected)
})

test('a definition counts when the server serves it', () => {
  const definition = (status: string): KubeObject => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'x' },
    status: { conditions: [{ type: 'Established', status, message: 'the names are taken' }] },
  })
  expect(unreadiness(definition('True'))).toBeUndefined()
  expect(unreadiness(definition('False'))).toBe('the names are taken')
  expect(unreadiness(undefined)).toBe('it is not there')
})

test.each([
  [{ observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2 }, undefined],
  [{ observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberReady: 2 }, 'it is ready on 1 of 2 nodes'],
  [{}, 'nobody has looked at it yet'],
])('a DaemonSet with %j', (status, expected) => {
  expect(unreadiness({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'istio-cni-node', generation: 1 }, status })).toBe(
    expected,
  )
})

test.each([
  [{ service: { name: 'istiod' } }, 'its caBundle is not written yet'],
  [{ service: { name: 'istiod' }, caBundle: 'LS0t' }, undefined],
  [{ url: 'https://webhooks.example' }, undefined],
])('a webhook that is called at %j', (clientConfig, expected) => {
  const [apiVersion, metadata] = ['admissionregistration.k8s.io/v1', { name: 'istio-sidecar-injector' }]
  const webhooks = [
    { name: 'known', clientConfig: { service: {}, caBundle: 'LS0t' } },
    { name: 'asked', clientConfig },
  ]
  expect(unreadiness({ apiVersion, kind: 'MutatingWebhookConfiguration', metadata, webhooks })).toBe(expected)
})
