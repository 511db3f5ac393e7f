import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { encodeJson } from '@meshwork/protos/json'
import { expect, it } from 'vitest'
import { countRoutes } from './count-routes.ts'

function encoded(hosts: readonly number[]): Uint8Array {
  const virtual_hosts = hosts.map((count, index) => ({
    name: `h${index}`,
    domains: [`h${index}`],
    include_request_attempt_count: true,
    routes: Array.from({ length: count }, () => ({ match: { prefix: '/' }, route: { cluster: 'c', timeout: '3s' } })),
  }))
  const result = encodeJson('envoy.config.route.v3.RouteConfiguration', { name: 'r', virtual_hosts })
  if (result.kind === 'err') throw new Error(JSON.stringify(result.error))
  return result.value
}

it('counts the routes of all virtual hosts', () => {
  expect(countRoutes(encoded([3, 0, 500]))).toBe(503)
  expect(countRoutes(new Uint8Array())).toBe(0)
})

it('ends on bytes that are no message', () => {
  const bytes = encoded([20])
  for (let length = 0; length < bytes.length; length++) expect(countRoutes(bytes.subarray(0, length))).toBeLessThanOrEqual(20)
  for (let seed = 1; seed < 200; seed++) {
    const noise = Uint8Array.from({ length: 64 }, (_, index) => (seed * 2654435761 * (index + 7)) >>> 13)
    expect(countRoutes(noise)).toBeGreaterThanOrEqual(0)
  }
  expect(RouteConfiguration.decode(bytes).virtualHosts[0]?.routes).toHaveLength(20)
})
