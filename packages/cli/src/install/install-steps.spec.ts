import { expect, test } from 'vitest'
import { installSteps } from './install-steps.ts'
import type { KubeObject, ObjectKey } from './kube-object.ts'
import { removalOrder } from './resource-kinds.ts'

function object(apiVersion: string, kind: string, component?: string): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: { name: kind.toLowerCase(), ...(component !== undefined && { labels: { 'install.meshwork.dev/component': component } }) },
  }
}

test('citadel before pilot before gateways, and what is named before what names it', () => {
  const steps = installSteps([
    object('apps/v1', 'Deployment', 'gateways'),
    object('security.istio.io/v1', 'PeerAuthentication', 'pilot'),
    object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'pilot'),
    object('apps/v1', 'Deployment', 'pilot'),
    object('v1', 'ServiceAccount', 'pilot'),
    object('v1', 'ConfigMap'),
    object('apps/v1', 'Deployment', 'citadel'),
    object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'base'),
  ])
  expect(steps.map(({ component, objects }) => [component, objects.map(({ kind }) => kind)])).toEqual([
    ['base', ['CustomResourceDefinition']],
    ['citadel', ['Deployment']],
    ['pilot', ['ServiceAccount', 'Deployment', 'MutatingWebhookConfiguration', 'PeerAuthentication']],
    ['gateways', ['Deployment']],
    ['further objects', ['ConfigMap']],
  ])
})

test('webhooks go first, because nobody will answer them', () => {
  const kinds: readonly [string, string][] = [
    ['v1', 'Namespace'],
    ['v1', 'ServiceAccount'],
    ['apps/v1', 'Deployment'],
    ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  ]
  const keys = kinds.map(([apiVersion, kind]): ObjectKey => ({ apiVersion, kind, namespace: '', name: 'x' }))
  expect(keys.toSorted(removalOrder).map(({ kind }) => kind)).toEqual([
    'ValidatingWebhookConfiguration',
    'Deployment',
    'ServiceAccount',
    'Namespace',
  ])
})
