import { expect, it } from 'vitest'
import { ViewGenerator } from '../push/view-generator.ts'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { outboundIdentity } from './outbound-identity.ts'
import { sidecarIdentity } from './testdata/sidecar-identity.ts'
import type { ViewIdentity } from './view-identity.ts'
import { planOutbound } from './view-plan.ts'

const MESH = `
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 9080}, {name: tcp, port: 7000}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec:
  hosts: [reviews]
  http:
    - {match: [{sourceLabels: {app: web}}], route: [{destination: {host: reviews, subset: v1}}]}
    - route: [{destination: {host: reviews}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  workloadSelector: {matchLabels: {tier: front}}
  subsets: [{name: v1, labels: {version: v1}}]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: default}
spec: {selector: {matchLabels: {app: api}}, mtls: {mode: STRICT}}
`

function identity(labels: Readonly<Record<string, string>>): ViewIdentity {
  return sidecarIdentity({
    labels,
    ownPorts: [{ port: 80, servicePort: 80, protocol: 'http', grpc: false, service: { host: 'a', name: 'a', namespace: 'default' } }],
    ip: '10.0.0.1',
  })
}

it('keeps the labels that a selector of the outbound side demands, and leaves out the rest', () => {
  const snapshot = snapshotOf(MESH)
  const labels = { app: 'web', tier: 'front', version: 'v1', 'pod-template-hash': 'abc' }
  expect(outboundIdentity(identity(labels), snapshot)).toMatchObject({ labels: { app: 'web', tier: 'front' }, ownPorts: [], ip: '' })
  expect(outboundIdentity(identity({ app: 'api', tier: 'back' }), snapshot).labels).toEqual({})
})

it('leaves a gateway as it is', () => {
  const gateway: ViewIdentity = { ...identity({ istio: 'ingressgateway' }), kind: 'router' }
  expect(outboundIdentity(gateway, snapshotOf(MESH))).toBe(gateway)
})

it.each([{ app: 'web', tier: 'front' }, { app: 'web' }, { app: 'api', tier: 'front', x: 'y' }, {}])(
  'makes the same outbound resources as the whole identity: %o',
  labels => {
    const snapshot = snapshotOf(MESH)
    const bytes = (of: ViewIdentity): readonly string[] => {
      const { clusters, endpoints, listeners, routes } = new ViewGenerator().generate(planOutbound(of, snapshot))
      return [...clusters, ...endpoints, ...listeners, ...routes].map(({ resource }) => `${resource.name} ${resource.version}`)
    }
    expect(bytes(outboundIdentity(identity(labels), snapshot))).toEqual(bytes(identity(labels)))
  },
)
