import { expect, test } from 'vitest'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { countInboundConflicts } from './inbound-conflicts.ts'

const POD = '{apiVersion: v1, kind: Pod, metadata: {name: one, namespace: default}, status: {podIP: 10.0.0.1}}'

function service(name: string, portName: string, targetPort: number): readonly string[] {
  const endpoint = '{addresses: [10.0.0.1], conditions: {ready: true}, targetRef: {kind: Pod, name: one, namespace: default}}'
  return [
    `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: [{name: ${portName}, port: 80, targetPort: ${targetPort}}]}}`,
    `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: ${name}-1, namespace: default, labels: {kubernetes.io/service-name: ${name}}}, ports: [{name: ${portName}, port: ${targetPort}}], endpoints: [${endpoint}]}`,
  ]
}

test.each([
  ['two meanings of one port', [service('a', 'http', 8080), service('b', 'tcp', 8080)], 1],
  ['one meaning', [service('a', 'http', 8080), service('b', 'http-b', 8080)], 0],
  ['two ports', [service('a', 'http', 8080), service('b', 'tcp', 8081)], 0],
  ['a port that does not say', [service('a', 'http', 8080), service('b', 'any', 8080)], 0],
])('%s', (_, services, count) => {
  expect(countInboundConflicts(snapshotOf([POD, ...services.flat()].join('\n---\n')).registry)).toBe(count)
})
