import { expect, test } from 'vitest'
import { configDump } from '../serve/config-dump.ts'
import { generate, snapshotOf } from '../translate/testdata/run-case.ts'

const SERVICES = `
apiVersion: v1
kind: Service
metadata: {name: egress, namespace: infra}
spec: {clusterIP: 10.0.0.1, ports: [{name: tcp, port: 3128}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.0.0.2, ports: [{name: http, port: 80}]}
---
`
const EGRESS = 'outbound|3128||egress.infra.svc.cluster.local'

function sidecar(policy: string, more = ''): string {
  return `{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: default, namespace: default}, spec: {outboundTrafficPolicy: ${policy}${more}}}`
}

/** Where a sidecar sends connections and requests that are for nobody it knows. */
function elsewhere(object: string): { readonly connections: string; readonly requests: string } {
  const view = generate(snapshotOf(`${SERVICES}${object}`), 'sidecar~10.1.0.1~a.default~default.svc.cluster.local')
  const { listeners, routes } = configDump(view)
  const caught = JSON.stringify(listeners.find(({ name }) => name === 'virtualOutbound'))
  const table = JSON.stringify(routes.find(({ name }) => name === '80'))
  return {
    connections: [...caught.matchAll(/"cluster":"([^"]+)"/g)].at(-1)?.[1] ?? '',
    requests: /"name":"allow_any".*?"cluster":"([^"]+)"/.exec(table)?.[1] ?? (table.includes('block_all') ? 'refused' : ''),
  }
}

test.each([
  ['{mode: ALLOW_ANY}', 'PassthroughCluster', 'PassthroughCluster'],
  ['{mode: REGISTRY_ONLY}', 'BlackHoleCluster', 'refused'],
  ['{mode: ALLOW_ANY, egressProxy: {host: egress.infra.svc.cluster.local, port: {number: 3128}}}', EGRESS, EGRESS],
  // As for routes, the only port need not be named, and a subset may be.
  [
    '{mode: ALLOW_ANY, egressProxy: {host: egress.infra.svc.cluster.local, subset: v2}}',
    EGRESS.replace('||', '|v2|'),
    EGRESS.replace('||', '|v2|'),
  ],
  ['{mode: REGISTRY_ONLY, egressProxy: {host: egress.infra.svc.cluster.local}}', 'BlackHoleCluster', 'refused'],
  ['{mode: ALLOW_ANY, egressProxy: {host: egress.infra.svc.cluster.local, port: {number: 1}}}', 'BlackHoleCluster', 'refused'],
])('%s', (policy, connections, requests) => {
  expect(elsewhere(sidecar(policy))).toEqual({ connections, requests })
})

test('a proxy that the sidecar may not reach lets nothing out beside it', () => {
  const policy = '{mode: ALLOW_ANY, egressProxy: {host: egress.infra.svc.cluster.local}}'
  expect(elsewhere(sidecar(policy, ', egress: [{hosts: ["./*"]}]'))).toEqual({ connections: 'BlackHoleCluster', requests: 'refused' })
})
