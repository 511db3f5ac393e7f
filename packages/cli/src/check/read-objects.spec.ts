import { expect, it } from 'vitest'
import { podOf } from './read-pod.ts'
import { endpointsOf, type Item, ownedOf, serviceOf, webhookOf } from './read-objects.ts'

function item(kind: string, body: Readonly<Record<string, unknown>>, apiVersion = 'v1'): Item {
  return { apiVersion, kind, body }
}

const labels = {
  'install.meshwork.dev/component': 'pilot',
  'install.meshwork.dev/namespace': 'istio-system',
  'app.kubernetes.io/managed-by': 'Helm',
}

it('takes what our charts made for ours, whoever applied it, and names the owner of anything else', () => {
  expect(ownedOf(item('ClusterRole', { metadata: { name: 'istiod', labels } }), 'istio-system')).toEqual({
    name: 'istiod',
    owner: { kind: 'us' },
    home: 'istio-system',
  })
  const annotations = { 'meta.helm.sh/release-name': 'istio-base', 'meta.helm.sh/release-namespace': 'istio' }
  expect(ownedOf(item('ClusterRole', { metadata: { name: 'istiod', annotations } }), 'istio-system').owner).toEqual({
    kind: 'other',
    name: 'Helm release istio-base (istio)',
  })
})

it('reads the sidecar of a pod, native or not, and none of a gateway', () => {
  const proxy = { name: 'istio-proxy', image: 'proxy:1' }
  const app = { name: 'app', securityContext: { runAsUser: 1337 } }
  const native = podOf(
    item('Pod', {
      spec: { initContainers: [proxy], containers: [app] },
      status: { initContainerStatuses: [{ name: 'istio-proxy', ready: true }] },
    }),
  )
  expect(native).toMatchObject({ sidecar: { image: 'proxy:1', isReady: true, isNative: true }, users: [1337] })
  expect(podOf(item('Pod', { spec: { containers: [app, proxy] } })).sidecar).toEqual({ image: 'proxy:1', isReady: false, isNative: false })
  expect(podOf(item('Pod', { spec: { containers: [proxy] } })).sidecar).toBeUndefined()
})

it('reads why a pod waits and that it has no node', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0 of 3 nodes' }]
  const containerStatuses = [{ name: 'app', restartCount: 3, state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } }]
  const { waiting, restarts } = podOf(item('Pod', { status: { conditions, containerStatuses } }))
  expect(waiting).toEqual(['ImagePullBackOff: not found', 'Unschedulable: 0 of 3 nodes'])
  expect(restarts).toBe(3)
})

it('reads webhooks, services and endpoints, and nothing of what is broken', () => {
  const clientConfig = { caBundle: Buffer.from('PEM').toString('base64'), service: { namespace: 'n', name: 's', path: '/inject' } }
  const hooks = webhookOf(
    item('MutatingWebhookConfiguration', { webhooks: [{ name: 'h', clientConfig, rules: [{ resources: ['pods'] }] }, null] }),
    'n',
  ).hooks
  expect(hooks[0]).toMatchObject({ service: 'n/s', port: 443, caBundle: 'PEM', seesPods: true })
  expect(hooks[1]).toMatchObject({ service: '', seesPods: false })
  expect(serviceOf(item('Service', { spec: { ports: [{ port: 80 }] } })).ports).toEqual([
    { name: '', port: 80, appProtocol: '', protocol: '' },
  ])
  const slice = {
    metadata: { labels: { 'kubernetes.io/service-name': 's' } },
    endpoints: [{ conditions: { ready: false } }, { conditions: {} }],
  }
  expect(endpointsOf(item('EndpointSlice', slice))).toEqual({ service: 's', ready: 1 })
})
