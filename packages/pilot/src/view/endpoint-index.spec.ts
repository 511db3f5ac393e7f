import type { ServiceEndpoint } from '@meshwork/config/registry'
import { expect, test } from 'vitest'
import { EndpointIndex } from './endpoint-index.ts'

const SERVICES = ['a', 'b', 'c', 'd', 'e']
const PODS = ['p', 'q', 'r', 's']

function endpoint(service: string, pod: string, port: number): ServiceEndpoint {
  return {
    hostname: service,
    serviceNamespace: 'default',
    portName: 'http',
    address: `10.0.0.${PODS.indexOf(pod) >> 1}`,
    port,
    labels: {},
    serviceAccount: '',
    namespace: 'default',
    workload: pod === 's' ? undefined : { namespace: 'default', name: pod },
    locality: { region: '', zone: '', subzone: '' },
    ready: true,
    tlsMode: 'disabled',
    weight: 1,
    network: '',
  }
}

/** A number below `below` that follows from `seed`. */
function pick(seed: number, below: number): number {
  return (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) >>> 8) % below
}

test('an index that followed a registry says what a new one would, in the same order', () => {
  let endpoints: ReadonlyMap<string, readonly ServiceEndpoint[]> = new Map()
  const index = new EndpointIndex(endpoints)
  for (let step = 1; step <= 300; step++) {
    const lists = new Map(endpoints)
    const service = SERVICES[pick(step, SERVICES.length)] ?? ''
    const pods = PODS.filter((_, i) => pick(step * 7 + i, 3) > 0)
    if (pick(step * 3, 5) === 0) lists.delete(service)
    else
      lists.set(
        service,
        pods.flatMap(pod => [endpoint(service, pod, 80), endpoint(service, pod, step)]),
      )
    // As in a registry, places of services do not depend on which of them changed last.
    endpoints = new Map([...lists].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    expect(index.moveTo(endpoints)).toBe(true)
    const fresh = new EndpointIndex(endpoints)
    expect(index.ofWorkload('/default/p') === undefined).toBe(
      ![...endpoints.values()].flat().some(({ workload }) => workload?.name === 'p'),
    )
    for (const pod of PODS) expect(index.ofWorkload(`/default/${pod}`)).toEqual(fresh.ofWorkload(`/default/${pod}`))
    for (const address of ['/10.0.0.0', '/10.0.0.1']) expect(index.atAddress(address)).toEqual(fresh.atAddress(address))
  }
})

test('a registry that is another one altogether is not followed', () => {
  const index = new EndpointIndex(new Map([['a', [endpoint('a', 'p', 80)]]]))
  const many = new Map(Array.from({ length: 100 }, (_, i) => [`s${i}`, [endpoint(`s${i}`, 'q', 80)]]))
  expect(index.moveTo(many)).toBe(false)
  expect(index.ofWorkload('/default/p')).toHaveLength(1)
  expect(index.ofWorkload('/default/q')).toBeUndefined()
})

test('lists that change places are not followed', () => {
  const [a, b] = [[endpoint('a', 'p', 80)], [endpoint('b', 'p', 80)]]
  const index = new EndpointIndex(
    new Map([
      ['a', a],
      ['b', b],
    ]),
  )
  expect(
    index.moveTo(
      new Map([
        ['b', b],
        ['a', a],
      ]),
    ),
  ).toBe(false)
})
