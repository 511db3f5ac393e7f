import { expect, test } from 'vitest'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { endpointCounts } from './endpoint-counts.ts'

const OBJECTS = `
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80}, {name: tcp, port: 90}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
addressType: IPv4
metadata: {name: a-1, namespace: default, labels: {kubernetes.io/service-name: a}}
ports: [{name: http, port: 8080}]
endpoints:
  - {addresses: [10.0.0.1], conditions: {ready: true}}
  - {addresses: [10.0.0.2], conditions: {ready: false}}
`

test('what is ready counts at the port that it serves', () => {
  expect(endpointCounts(snapshotOf(OBJECTS))).toEqual([
    ['outbound|80||a.default.svc.cluster.local', 1],
    ['outbound|90||a.default.svc.cluster.local', 0],
  ])
})
