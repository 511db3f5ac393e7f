import { describe, expect, it } from 'vitest'

import { redirectOrder } from './redirect-order.ts'

const ARGS = ['-p', '15001', '-i', '*', '--run-validation', '--skip-rule-apply']

function pod(spec: object = {}, status: object = {}): Record<string, unknown> {
  const initContainers = [{ name: 'first' }, { name: 'istio-validation', args: ARGS }]
  return { metadata: { uid: 'u-1', namespace: 'shop', name: 'cart' }, spec: { initContainers, ...spec }, status }
}

describe('redirectOrder', () => {
  it('takes the flags of the container that waits', () => {
    expect(redirectOrder(pod())).toEqual({ uid: 'u-1', pod: 'shop/cart', flags: ['-p', '15001', '-i', '*', '--probe'] })
  })

  it.each([
    ['a pod that waits for nothing', pod({ initContainers: [{ name: 'istio-init', args: ARGS }] })],
    ['a pod with the network of its node', pod({ hostNetwork: true })],
    ['a pod that has ended', pod({}, { phase: 'Failed' })],
    ['a pod that has seen it', pod({}, { initContainerStatuses: [{ name: 'istio-validation', state: { terminated: { exitCode: 0 } } }] })],
    ['flags without end', pod({ initContainers: [{ name: 'istio-validation', args: Array.from({ length: 101 }, () => '-i') }] })],
    ['an object that is no pod', {}],
  ])('wants nothing for %s', (_, document) => {
    expect(redirectOrder(document)).toBeNull()
  })

  it('goes on for one that waited in vain and will wait again', () => {
    const state = { terminated: { exitCode: 1 } }
    expect(redirectOrder(pod({}, { initContainerStatuses: [{ name: 'istio-validation', state }] }))).not.toBeNull()
  })
})
