import { expect, it } from 'vitest'

import { formatSocketAddress, parseSocketAddress } from './socket-address.ts'

it.each(['127.0.0.1:15012', '[::1]:0', 'istiod.istio-system.svc:15012', 'unix:/run/pilot.sock'])('reads and writes %s', text => {
  const parsed = parseSocketAddress(text)
  expect(parsed.kind === 'ok' && formatSocketAddress(parsed.value)).toBe(text)
})

it.each(['', '15012', 'host', 'host:', 'host:65536', 'host:-1', '::1:80', 'http://host:80', 'unix:relative'])('refuses %j', text => {
  expect(parseSocketAddress(text).kind).toBe('err')
})
