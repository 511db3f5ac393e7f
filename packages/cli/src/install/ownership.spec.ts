import { expect, test } from 'vitest'
import type { KubeObject } from './kube-object.ts'
import { ownerOf } from './ownership.ts'

function live(metadata: object): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'istio', ...metadata } }
}

const OURS = { 'app.kubernetes.io/managed-by': 'meshwork' }

test('ours is what says so, for this namespace or for all', () => {
  expect(ownerOf(live({ labels: OURS }), 'istio-system')).toEqual({ kind: 'us' })
  const here = { ...OURS, 'install.meshwork.dev/namespace': 'istio-system' }
  expect(ownerOf(live({ labels: here }), 'istio-system')).toEqual({ kind: 'us' })
  expect(ownerOf(live({ labels: here }), 'mesh-two')).toEqual({ kind: 'other', name: 'the mesh in namespace istio-system' })
})

test.each([
  [
    {
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'istiod', 'meta.helm.sh/release-namespace': 'istio-system' },
    },
    'Helm release istiod (istio-system)',
  ],
  [{ labels: { 'app.kubernetes.io/managed-by': 'argocd' } }, 'argocd'],
  [
    { managedFields: [{ manager: 'kubectl-client-side-apply' }, { manager: 'kube-apiserver' }] },
    'whoever wrote it as kubectl-client-side-apply',
  ],
  [{}, 'somebody else'],
])('%j belongs to somebody else, who is named', (metadata, name) => {
  expect(ownerOf(live(metadata), 'istio-system')).toEqual({ kind: 'other', name })
})
