import { expect, test } from 'vitest'
import { formatLongResponseFlags, formatResponseFlags, ResponseFlag } from './response-flags.ts'

test('flags stand in the order of the enumeration, the end of the attempts of a request first', () => {
  const { upstreamConnectionFailure, upstreamRetryLimitExceeded, delayInjected } = ResponseFlag
  expect(formatResponseFlags(0)).toBe('-')
  expect(formatResponseFlags(delayInjected | upstreamConnectionFailure)).toBe('UF,DI')
  expect(formatResponseFlags(upstreamConnectionFailure | upstreamRetryLimitExceeded)).toBe('URX,UF')
  expect(formatResponseFlags(upstreamConnectionFailure | upstreamRetryLimitExceeded, false)).toBe('UF,URX')
  expect(formatLongResponseFlags(upstreamConnectionFailure | upstreamRetryLimitExceeded)).toBe(
    'UpstreamRetryLimitExceeded,UpstreamConnectionFailure',
  )
})
