import { expect, test } from 'vitest'
import { parseProxyNode } from './proxy-node.ts'

const blank = { cluster: '', locality: { region: '', zone: '', subZone: '' }, userAgentName: 'envoy' }

test('the id and the metadata say who a proxy is', () => {
  const metadata = { LABELS: { app: 'reviews', bad: 1 }, SERVICE_ACCOUNT: 'reviews', INTERCEPTION_MODE: 'NONE', MESHWORK_VERSION: '0.1.0' }
  const node = parseProxyNode({ ...blank, id: 'sidecar~10.1.1.1~a.b.reviews-v1.shop~shop.svc.cluster.local', metadata })
  expect(node).toEqual({
    kind: 'ok',
    value: {
      id: 'sidecar~10.1.1.1~a.b.reviews-v1.shop~shop.svc.cluster.local',
      kind: 'sidecar',
      ip: '10.1.1.1',
      pod: 'a.b.reviews-v1',
      namespace: 'shop',
      dnsDomain: 'shop.svc.cluster.local',
      labels: { app: 'reviews' },
      serviceAccount: 'reviews',
      interception: 'none',
      locality: { region: '', zone: '', subzone: '' },
      clusterId: '',
      dnsCapture: false,
      meshworkVersion: '0.1.0',
      metadata: { SERVICE_ACCOUNT: 'reviews', INTERCEPTION_MODE: 'NONE', MESHWORK_VERSION: '0.1.0' },
    },
  })
})

test.each(['', 'sidecar', 'sidecar~1~2', 'sidecar~1~2~3~4', 'toaster~10.1.1.1~a.b~c', `sidecar~${'x'.repeat(2000)}~a.b~c`])(
  'refuses %.40s',
  id => {
    expect(parseProxyNode({ ...blank, id, metadata: {} }).kind).toBe('err')
  },
)

test('capture is the default, as in Istio', () => {
  const node = parseProxyNode({ ...blank, id: 'router~10.1.1.1~gw.ns~ns.svc.cluster.local', metadata: {} })
  expect(node).toMatchObject({ kind: 'ok', value: { kind: 'router', interception: 'redirect', meshworkVersion: null, namespace: 'ns' } })
})
