import { expect, test } from 'vitest'
import type { HostPredicate, RetryPolicy } from '../model/retry-policy.ts'
import { endpoint } from '../engine/testdata/configs.ts'
import { avoidedHosts } from './avoided-hosts.ts'
import { Host } from './host.ts'

function policy(hosts: readonly HostPredicate[], previousPriorities: RetryPolicy['previousPriorities'] = null): RetryPolicy {
  return {
    retryOn: ['5xx'],
    retriableStatusCodes: [],
    maxRetries: 1,
    perTryTimeoutMs: 0,
    perTryIdleTimeoutMs: 0,
    backoff: { baseMs: 1, maxMs: 5 },
    rateLimited: null,
    retriableHeaders: [],
    retriableRequestHeaders: [],
    hosts,
    hostAttempts: 1,
    previousPriorities,
  }
}

const OWNER = { name: 'a', sourceAddress: null, onHostHealthChanged: () => undefined }
const plain = new Host(OWNER, endpoint(1))
const canary = new Host(OWNER, endpoint(2, { metadata: { 'envoy.lb': { canary: true, stage: 'x' } } }))
const second = new Host(OWNER, endpoint(3, { priority: 1 }))

test('the first attempt avoids nothing', () => {
  const avoided = avoidedHosts(policy([{ kind: 'previous-hosts' }, { kind: 'omit-canary' }]), [])
  expect(avoided.includes(canary)).toBe(false)
})

test.each<[string, readonly HostPredicate[], boolean, boolean]>([
  ['nothing', [], false, false],
  ['what was tried', [{ kind: 'previous-hosts' }], true, false],
  ['canaries', [{ kind: 'omit-canary' }], false, true],
  ['hosts with all labels', [{ kind: 'omit-metadata', labels: { stage: 'x', canary: true } }], false, true],
  ['no host without one of the labels', [{ kind: 'omit-metadata', labels: { stage: 'x', other: 1 } }], false, false],
  ['no host without labels to look for', [{ kind: 'omit-metadata', labels: {} }], false, false],
  ['both', [{ kind: 'previous-hosts' }, { kind: 'omit-canary' }], true, true],
])('a repetition avoids %s', (_name, hosts, avoidsTried, avoidsCanary) => {
  const avoided = avoidedHosts(policy(hosts), [plain])
  expect([avoided.includes(plain), avoided.includes(canary)]).toEqual([avoidsTried, avoidsCanary])
})

test('priorities that were tried are left out, so many attempts at a time', () => {
  const tried = [plain, second, plain]
  expect([...(avoidedHosts(policy([], { updateFrequency: 2 }), tried).priorities ?? [])]).toEqual([0, 1])
  expect([...(avoidedHosts(policy([], { updateFrequency: 4 }), tried).priorities ?? [])]).toEqual([])
})
