import { expect, test } from 'vitest'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { peerTlsFor } from './peer-tls.ts'

const rules = snapshotOf(`
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: mesh, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: shop, namespace: shop}
spec: {mtls: {mode: PERMISSIVE}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: pay, namespace: shop}
spec:
  selector: {matchLabels: {app: pay}}
  mtls: {mode: STRICT}
  portLevelMtls: {8081: {mode: DISABLE}, 8082: {mode: UNSET}}
`).peerAuthentications

test.each([
  ['port', 'shop', { app: 'pay' }, 8081, 'disable'],
  ['workload', 'shop', { app: 'pay' }, 8080, 'strict'],
  ['an unset port inherits', 'shop', { app: 'pay' }, 8082, 'strict'],
  ['namespace', 'shop', { app: 'web' }, 8081, 'permissive'],
  ['mesh', 'other', { app: 'pay' }, 8081, 'strict'],
])('%s decides', (_what, namespace, labels, port, expected) => {
  expect(peerTlsFor(rules, 'istio-system', { namespace, labels, port })).toBe(expected)
})

test('nothing said means permissive', () => {
  expect(peerTlsFor([], 'istio-system', { namespace: 'a', labels: {}, port: 1 })).toBe('permissive')
})
