import { expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import type { TracingConfig } from '../model/tracing.ts'
import { decide, reasonOf, withReason } from './sampling.ts'

const ID = '7f3c1f7e-1b1e-4e6a-9d7e-0c8f8f8f8f8f'
const ALL: TracingConfig = {
  clientSampling: 100,
  randomSampling: 100,
  overallSampling: 100,
  verbose: false,
  maxPathTagLength: 256,
  customTags: [],
  provider: { kind: 'zipkin', cluster: 'zipkin', path: '/', hostname: 'zipkin', traceId128Bit: false, sharedSpanContext: true },
}

function headers(...names: readonly string[]): HeaderTable {
  const table = new HeaderTable()
  for (const name of names) table.append(name, '1')
  return table
}

test('the reason travels in the 15th character of a UUID', () => {
  for (const reason of ['none', 'sampled', 'forced', 'client'] as const) expect(reasonOf(withReason(ID, reason))).toBe(reason)
  expect(withReason(ID, 'sampled')).toBe('7f3c1f7e-1b1e-9e6a-9d7e-0c8f8f8f8f8f')
  expect(withReason('my-own-id', 'forced')).toBe('my-own-id')
  expect(reasonOf('my-own-id')).toBe('none')
})

test('random sampling takes its share', () => {
  const config = { ...ALL, randomSampling: 25 }
  expect(decide(config, ID, headers(), () => 0.24)).toBe('sampled')
  expect(decide(config, ID, headers(), () => 0.25)).toBe('none')
})

test('a client that asks and a caller that forces are not subject to random sampling', () => {
  const config = { ...ALL, randomSampling: 0 }
  expect(decide(config, ID, headers('x-client-trace-id'), () => 0.5)).toBe('client')
  expect(decide({ ...config, clientSampling: 0 }, ID, headers('x-client-trace-id'), () => 0.5)).toBe('none')
  expect(decide(config, ID, headers('x-envoy-force-trace'), () => 0.5)).toBe('forced')
})

test('an earlier hop has decided; the overall limit still counts', () => {
  const marked = withReason(ID, 'forced')
  expect(decide({ ...ALL, randomSampling: 0 }, marked, headers(), () => 0.5)).toBe('forced')
  expect(decide({ ...ALL, overallSampling: 0 }, marked, headers(), () => 0.5)).toBe('none')
})
