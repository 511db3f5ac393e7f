import { expect, it } from 'vitest'

import { parseEchoSet, parseEchoStep, planStep } from './echo-step.ts'

it('reads the step language of x-echo', () => {
  expect(parseEchoStep('503')).toEqual({ kind: 'answer', status: 503, delayMs: 0 })
  expect(parseEchoStep('200@1500')).toEqual({ kind: 'answer', status: 200, delayMs: 1500 })
  expect(parseEchoStep('reset')).toEqual({ kind: 'reset', delayMs: 0 })
  expect(parseEchoStep('grpc14')).toEqual({ kind: 'grpc', grpcStatus: 14, delayMs: 0 })
})

it('repeats the last step of a plan', () => {
  expect([0, 1, 2, 9].map(index => planStep('503,reset,200', index))).toMatchObject([
    { status: 503 },
    { kind: 'reset' },
    { status: 200 },
    { status: 200 },
  ])
})

it('reads additional headers, whose names may repeat', () => {
  expect(parseEchoSet('a: 1;a: 2;b: x:y')).toEqual([
    ['a', '1'],
    ['a', '2'],
    ['b', 'x:y'],
  ])
})
