import { expect, test } from 'vitest'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { countDuplicateHosts } from './duplicate-hosts.ts'

const virtualService = (name: string, hosts: string, gateways = 'mesh'): string =>
  `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${name}}, spec: {hosts: [${hosts}], gateways: [${gateways}], http: [{route: [{destination: {host: a}}]}]}}`

const duplicates = (...documents: string[]): number => countDuplicateHosts(snapshotOf(documents.join('\n---\n')))

test('hosts are duplicates at one gateway only, under whichever name', () => {
  expect(duplicates(virtualService('a', 'x'), virtualService('b', 'y'))).toBe(0)
  expect(duplicates(virtualService('a', 'x'), virtualService('b', 'x.default.svc.cluster.local, y'), virtualService('c', 'x'))).toBe(2)
  expect(duplicates(virtualService('a', 'x'), virtualService('b', 'x', 'gw'))).toBe(0)
  expect(duplicates(virtualService('a', 'x.com', 'gw'), virtualService('b', 'x.com', 'default/gw, mesh'))).toBe(1)
})
