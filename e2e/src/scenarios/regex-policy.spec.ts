import { processUsage, RecordingUpstream, steadyClient } from '@meshwork/testkit/attack'
import { bootstrap, cluster, httpFilter, type Json, listener, StaticProxy } from '@meshwork/testkit/bootstrap'
import { freePorts } from '@meshwork/testkit/net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { rawExchange } from '../mesh/raw-exchange.ts'

/** Each takes a backtracking engine longer than the universe lasts. */
const CATASTROPHES = ['(a+)+$', '(a|aa)+$', '(a|a?)+$', '(.*a){20}$', '([a-z]+)*x$']
const LONG = `${'a'.repeat(50_000)}!`

const EXTENSIONS = 'type.googleapis.com/envoy.extensions.filters.http'
const regex = (value: string): Json => ({ safe_regex: { regex: value } })
const header = (value: string): Json => ({ name: 'x', string_match: regex(value) })

/** A pattern for every place that takes one: match of path and header, rewrite, RBAC, fault, CORS. */
function manager(pattern: string): Json {
  const rules = { action: 'DENY', policies: { p: { permissions: [{ header: header(pattern) }], principals: [{ any: true }] } } }
  return {
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [
            { match: { safe_regex: { regex: `/${pattern}` } }, route: { cluster: 'b' } },
            { match: { prefix: '/', headers: [header(pattern)] }, route: { cluster: 'b' } },
            {
              match: { prefix: '/' },
              route: { cluster: 'a', regex_rewrite: { pattern: { regex: `^/${pattern}` }, substitution: '/b' } },
            },
          ],
        },
      ],
    },
    http_filters: [
      { name: 'rbac', typed_config: { '@type': `${EXTENSIONS}.rbac.v3.RBAC`, rules } },
      { name: 'router', typed_config: { '@type': `${EXTENSIONS}.router.v3.Router` } },
    ],
  }
}

describe('patterns of the configuration', () => {
  let upstream: RecordingUpstream
  let proxy: StaticProxy
  let ports: readonly number[] = []

  beforeAll(async () => {
    upstream = await RecordingUpstream.start()
    ports = await freePorts(CATASTROPHES.length + 1)
    const listeners = CATASTROPHES.map((pattern, i) => listener(ports[i] ?? 0, httpFilter('a', 'HTTP1', {}, manager(pattern))))
    const shared = listener(ports.at(-1) ?? 0, httpFilter('a', 'HTTP1'))
    const clusters = [cluster('a', upstream.port), cluster('b', 1)]
    proxy = await StaticProxy.start('patterns', bootstrap([...listeners, shared], clusters))
  })

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await upstream?.[Symbol.asyncDispose]()
  })

  it('[security-94] a pattern that others backtrack on for ever is matched in linear time, and nobody waits', async () => {
    const measured = steadyClient(ports.at(-1) ?? 0, 100, 3000)
    for (const [i, pattern] of CATASTROPHES.entries()) {
      const { cpuMs } = processUsage(proxy.child.pid ?? 0)
      const { statuses } = await rawExchange(
        ports[i] ?? 0,
        [`GET /${'a'.repeat(7000)}! HTTP/1.1\r\nhost: a\r\nx: ${LONG}\r\nconnection: close\r\n\r\n`],
        10_000,
      )
      expect([pattern, statuses]).toEqual([pattern, [200]])
      expect(processUsage(proxy.child.pid ?? 0).cpuMs - cpuMs).toBeLessThan(1000)
    }
    const { failed, p99Ms } = await measured
    expect(failed).toBe(0)
    // Backtracking would hold everybody up for ever, not for a while.
    expect(p99Ms).toBeLessThan(1500)
  })

  it.for([
    ['nested repetition', '(a{1000}){1000}', 'instructions, more than'],
    ['look-ahead', '(?=a)b', 'is not an RE2 expression'],
    ['back reference', String.raw`(a)\1`, 'is not an RE2 expression'],
    ['5,000 characters', 'a'.repeat(5000), 'has 5000 characters, more than 4096'],
  ] as const)(
    '[security-94] refuses at the start a pattern that is too much, or that RE2 cannot match: %s',
    async ([, pattern, reason]) => {
      const [port = 0] = await freePorts(1)
      const action = { regex_rewrite: { pattern: { regex: pattern }, substitution: '' } }
      const started = StaticProxy.start(
        'refused',
        bootstrap([listener(port, httpFilter('a', 'AUTO', action))], [cluster('a', upstream.port)]),
      )
      await expect(started).rejects.toThrow(reason)
    },
  )
})
