import { expect, test } from 'vitest'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { listenerConflicts } from './listener-conflicts.ts'

const entry = (name: string, protocol: string, more = ''): string =>
  `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}}, spec: {hosts: [${name}.com], ports: [{number: 80, name: p, protocol: ${protocol}}]${more}}}`

function conflicts(dnsCapture: boolean, ...documents: readonly string[]): readonly string[] {
  const { registry } = snapshotOf(documents.join('\n---\n'))
  const found = listenerConflicts({ listener: undefined, services: registry.services, virtualServices: [] }, dnsCapture, registry.endpoints)
  return found.map(({ origin, violation }) => `${origin.line} ${violation.path} ${violation.message}`)
}

test('the younger of two that want one port in two ways is told', () => {
  expect(conflicts(false, entry('web', 'HTTP'), entry('db', 'TCP'))).toEqual([
    "3 spec.ports[0] port 80 of db.com is at every address the older web.com's, so connections to it are taken for HTTP",
  ])
  expect(conflicts(false, entry('db', 'TCP'), entry('web', 'HTTP'))).toEqual([
    "3 spec.ports[0] port 80 of web.com is at every address the older db.com's, so its requests are not routed by host",
  ])
})

test.each([
  ['two of one kind', [entry('a', 'TCP'), entry('b', 'TCP')]],
  ['an address of its own', [entry('web', 'HTTP'), entry('db', 'TCP', ', addresses: [240.0.0.1]')]],
  ['a block of addresses', [entry('web', 'HTTP'), entry('db', 'TCP', ', addresses: [10.0.0.0/8]')]],
  ['a protocol to be found out', [entry('web', 'HTTP'), entry('any', '""')]],
])('no conflict: %s', (_, documents) => {
  expect(conflicts(false, ...documents)).toEqual([])
})

test('an address that we made up settles it, where a DNS proxy answers with it', () => {
  const db = entry('db', 'TCP', ', resolution: STATIC, endpoints: [{address: 1.1.1.1}]')
  expect(conflicts(true, entry('web', 'HTTP'), db)).toEqual([])
  expect(conflicts(false, entry('web', 'HTTP'), db)).toHaveLength(1)
})
