import { expect, test } from 'vitest'
import { parseResolvConf } from './resolv-conf.ts'

test('takes servers and search domains, and passes over the rest', () => {
  const text = `# comment
domain first.example
search default.svc.cluster.local svc.cluster.local cluster.local ; of the pod
nameserver 10.96.0.10
nameserver\tfd00::a # second
nameserver dns.example.com
options ndots:5`
  expect(parseResolvConf(text)).toEqual({
    servers: ['10.96.0.10', 'fd00::a'],
    search: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
  })
})

test('as many servers as the C library reads', () => {
  const text = [1, 2, 3, 4].map(n => `nameserver 10.0.0.${n}`).join('\n')
  expect(parseResolvConf(text).servers).toHaveLength(3)
  expect(parseResolvConf('')).toEqual({ servers: [], search: [] })
})
