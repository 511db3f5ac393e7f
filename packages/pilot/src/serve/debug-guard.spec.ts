import { err, ok } from '@meshwork/core/result'
import { expect, it } from 'vitest'
import { debugGuard } from './debug-guard.ts'

const tokens = {
  authenticate: (token: string) => Promise.resolve(token === 'good' ? ok({ namespace: 'ops', name: 'reader' }) : err('it has expired')),
}

it.each([
  ['/debug/configz', '127.0.0.1', undefined, undefined],
  ['/debug/configz', '::ffff:127.0.0.9', undefined, undefined],
  ['/debug/configz', undefined, undefined, undefined],
  ['/metrics', '10.0.0.1', undefined, undefined],
  ['/debug/configz', '10.0.0.1', 'good', undefined],
  ['/debug/configz', '10.0.0.1', undefined, 401],
  ['/debug/configz', '127.0.0.1.example', undefined, 401],
  ['/debug/configz', '10.0.0.1', 'old', 403],
])('%s from %s with token %s: %s', async (path, remoteAddress, bearerToken, status) => {
  expect((await debugGuard(tokens)({ path, remoteAddress, bearerToken }))?.status).toBe(status)
})

it('lets nobody in from elsewhere where no token can be checked', async () => {
  expect((await debugGuard(null)({ path: '/debug/adsz', remoteAddress: '10.0.0.1', bearerToken: 'good' }))?.status).toBe(401)
})
