import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import type { DnsConfig } from '../../model/cluster.ts'
import { type DnsAnswer, systemDns } from './dns-resolver.ts'

test.each(['localhost', 'LocalHost.', 'db.localhost'])('%s is no question for a server', async name => {
  const silent = createSocket('udp4')
  let asked = 0
  silent.on('message', () => asked++)
  silent.bind(0, '127.0.0.1')
  await once(silent, 'listening')
  try {
    const servers = [`127.0.0.1:${silent.address().port}`]
    const config: DnsConfig = { family: 'v4', respectTtl: true, servers, refreshMs: 1000, failureRefresh: { baseMs: 1000, maxMs: 1000 } }
    const answer = await new Promise<DnsAnswer | null>(resolve => systemDns.resolve(name, config, resolve))
    expect(answer?.addresses).toEqual(['127.0.0.1'])
    expect(asked).toBe(0)
  } finally {
    silent.close()
  }
})
