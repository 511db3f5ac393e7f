import { expect, test } from 'vitest'
import { remoteChecks } from './remote-checks.ts'
import type { RemoteReport } from './remote-report.ts'
import { readStates } from './sync-of.ts'

const NOW = 1_800_000_000_000
const DAY_MS = 24 * 3600 * 1000
const GOOD: RemoteReport = {
  id: 'west',
  secret: 'istio-system/istio-remote-secret-west',
  server: 'https://10.0.0.1:6443',
  latencyMs: 3,
  sameRoot: true,
  sync: 'synced',
  tokenEndsAt: NOW + 300 * DAY_MS,
  unreadable: [],
}

function failing(report: Partial<RemoteReport>): readonly string[] {
  return remoteChecks({ ...GOOD, ...report }, NOW).flatMap(({ ok, code, reason, remedy }) =>
    ok ? [] : [`${code}: ${reason} -> ${remedy}`],
  )
}

test('all is well', () => {
  expect(failing({})).toEqual([])
  expect(remoteChecks(GOOD, NOW)).toHaveLength(6)
})

test('a token is near its end a month before', () => {
  expect(failing({ tokenEndsAt: NOW + 31 * DAY_MS })).toEqual([])
  expect(failing({ tokenEndsAt: NOW + 29 * DAY_MS })).toEqual(['CLUSTER_TOKEN: it ends in 29 days -> renew it: meshctl cluster join'])
})

test('a control plane that says nothing is no fault, one that cannot read the cluster is', () => {
  expect(failing({ sync: 'unknown' })).toEqual([])
  expect(failing({ sync: 'problem' })).toHaveLength(1)
  expect(failing({ sync: 'absent' })[0]).toMatch(/^CLUSTER_SYNC: .*absent/)
})

test('what cannot be reached is asked for nothing more', () => {
  const { latencyMs: _, ...gone } = GOOD
  const codes = remoteChecks({ ...gone, problem: 'connection refused' }, NOW).map(({ code, ok }) => [code, ok])
  expect(codes).toEqual([
    ['CLUSTER_SECRET', true],
    ['CLUSTER_REACHABLE', false],
    ['CLUSTER_TOKEN', true],
  ])
  expect(failing({ server: '', problem: 'may not say exec' })[0]).toContain('may not say exec')
})

test('the state of clusters is read from metrics; trouble outweighs what was known', () => {
  const metrics = `# HELP istiod_remote_cluster_synced …
istiod_remote_cluster_synced{cluster="west"} 1
istiod_remote_cluster_synced{cluster="north"} 0
istiod_remote_cluster_synced{cluster="south"} 1
istiod_remote_cluster_problem{cluster="south",secret="istio-system/south"} 1
`
  expect([...readStates(metrics)]).toEqual([
    ['west', 'synced'],
    ['north', 'syncing'],
    ['south', 'problem'],
  ])
})
