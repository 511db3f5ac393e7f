import { expect, test } from 'vitest'
import { compileLogFilter } from './log-filter.ts'
import type { StreamInfo } from './stream-info.ts'

type Traced = Pick<StreamInfo, 'span' | 'requestId' | 'healthCheck'>

const CONTEXT = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), parentId: '', sampled: true, debug: false, state: '' }
const SPAN = { context: CONTEXT, shared: false, kind: 'client', startMs: 0 } as const
const SAMPLED = '7f3c1f7e-1b1e-9e6a-9d7e-0c8f8f8f8f8f'

test.each<[boolean, Partial<Traced>]>([
  [true, {}],
  [false, { requestId: '7f3c1f7e-1b1e-4e6a-9d7e-0c8f8f8f8f8f' }],
  [false, { healthCheck: true }],
  [false, { span: null }],
])('traced requests are those whose id says why: %s', (logged, over) => {
  const info: Traced = { span: SPAN, requestId: SAMPLED, healthCheck: false, ...over }
  expect(compileLogFilter({ kind: 'traceable' }, Math.random)(info as StreamInfo)).toBe(logged)
})
