import { expect, test } from 'vitest'
import { mergeValues } from './set-values.ts'
import { besideOthers, takingOver } from './shared-components.ts'

test('only a second revision leaves shared components to the first', () => {
  expect(besideOthers(undefined, 'a')).toEqual({})
  expect(besideOthers('a', 'a')).toEqual({})
  expect(besideOthers('a', 'b')).toMatchObject({ citadel: { enabled: false }, gateways: { 'istio-ingressgateway': { enabled: false } } })
})

test('who takes them over has them as the other one had, and keeps all values of its own', () => {
  const before = { gateways: { 'istio-egressgateway': { enabled: true, type: 'NodePort' } }, global: { tag: 'old' } }
  const own = { revision: 'b', global: { tag: 'new' }, gateways: { 'istio-ingressgateway': { type: 'NodePort' } } }
  const after = mergeValues(mergeValues(before, besideOthers('a', 'b')), own)
  expect(takingOver(after, before)).toEqual({
    ...{ revision: 'b', global: { tag: 'new' }, citadel: {}, mixer: { policy: {}, telemetry: {} } },
    gateways: { 'istio-egressgateway': { enabled: true, type: 'NodePort' }, 'istio-ingressgateway': { type: 'NodePort' } },
  })
})
