import { describe, expect, it } from 'vitest'
import { readConfigDump } from '../../mesh-api/config-dump.ts'
import { compareWithPilot } from './compare.ts'

function dumpOf(cluster: object): ReturnType<typeof readConfigDump> {
  return readConfigDump({ configs: [{ '@type': 'x.ClustersConfigDump', dynamic_active_clusters: [{ cluster }] }] })
}

const WANTED = {
  clusters: [{ name: 'a', resource: { name: 'a', connectTimeout: { seconds: '10', nanos: 0 }, lbPolicy: 'ROUND_ROBIN', http2: {} } }],
}

describe('compareWithPilot', () => {
  it('takes two notations of one cluster for equal', () => {
    const [clusters] = compareWithPilot(WANTED, dumpOf({ '@type': 't', name: 'a', connect_timeout: '10s', lb_policy: 'ROUND_ROBIN' }))
    expect(clusters).toEqual({ type: 'clusters', resources: 1, differences: [] })
  })

  it('names the first place that differs', () => {
    const [clusters] = compareWithPilot(WANTED, dumpOf({ name: 'a', connect_timeout: '2s', lb_policy: 'ROUND_ROBIN' }))
    expect(clusters?.differences).toEqual([{ resource: 'a', path: 'connect_timeout', pilot: '"10 s"', proxy: '"2 s"' }])
  })

  it('names what the proxy does not have', () => {
    expect(compareWithPilot(WANTED, dumpOf({ name: 'b' }))[0]?.differences).toEqual([
      { resource: 'a', path: '', pilot: 'there', proxy: 'missing' },
    ])
  })

  it.each([null, {}, { clusters: [null] }])('reads %j without falling over', answer => {
    expect(compareWithPilot(answer, dumpOf({ name: '' }))).toHaveLength(3)
  })
})
