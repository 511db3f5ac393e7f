import { violation, type Violation } from '@meshwork/core/result'
import { checkDuration, checkDurationOrZero } from '../rules/duration.ts'
import { validatePlaces } from './validate-places.ts'
import type { ConsistentHash, LoadBalancerSettings, LocalityLbSetting, OutlierDetection } from './type.ts'

/** Upper bounds of Envoy: RingHashLbConfig.minimum_ring_size, MaglevLbConfig.table_size. */
const LARGEST_RING = 8_388_608
/** What no attribute of a cookie may have (RFC 6265 section 4.1.1). */
// oxlint-disable-next-line no-control-regex -- the point of the expression
const COOKIE_BREAK = /[;\u0000-\u001f\u007f]/
const LARGEST_TABLE = 5_000_011

export function validateLoadBalancer(path: string, lb: LoadBalancerSettings): readonly Violation[] {
  return [
    ...(lb.consistentHash === undefined ? [] : validateHash(`${path}.consistentHash`, lb.consistentHash)),
    ...(lb.localityLbSetting === undefined ? [] : validateLocality(`${path}.localityLbSetting`, lb.localityLbSetting)),
    ...checkDuration(`${path}.warmupDurationSecs`, lb.warmupDurationMs),
    ...checkDuration(`${path}.warmup.duration`, lb.warmup?.durationMs),
    ...validateWarmup(path, lb),
  ]
}

function validateWarmup(path: string, { warmup, warmupDurationMs }: LoadBalancerSettings): readonly Violation[] {
  const violations: Violation[] = []
  if (warmup !== undefined && warmupDurationMs !== undefined)
    violations.push(violation(path, 'two-warmups', 'only one of warmup and warmupDurationSecs may be set'))
  if (warmup !== undefined && warmup.durationMs === undefined)
    violations.push(violation(`${path}.warmup.duration`, 'missing-field', 'is required'))
  if (warmup?.aggression !== undefined && warmup.aggression < 1)
    violations.push(violation(`${path}.warmup.aggression`, 'out-of-range', 'must be at least 1'))
  if (warmup?.minimumPercent !== undefined && (warmup.minimumPercent < 0 || warmup.minimumPercent > 100)) {
    violations.push(
      violation(`${path}.warmup.minimumPercent`, 'bad-percentage', `${warmup.minimumPercent} is not a percentage from 0 to 100`),
    )
  }
  return violations
}

function validateHash(path: string, hash: ConsistentHash): readonly Violation[] {
  const sizes = [
    ['minimumRingSize', hash.minimumRingSize, LARGEST_RING],
    ['ringHash.minimumRingSize', hash.ringHash?.minimumRingSize, LARGEST_RING],
    ['maglev.tableSize', hash.maglev?.tableSize, LARGEST_TABLE],
  ] as const
  const size = hash.maglev === undefined ? undefined : (hash.maglev.tableSize ?? 0)
  const unfit = size !== undefined && !isPrime(size)
  const twice = (hash.minimumRingSize ?? 0) !== 0 && (hash.ringHash !== undefined || hash.maglev !== undefined)
  const wrong = sizes.filter(([, size, most]) => size !== undefined && (size < 0 || size > most))
  return [
    ...(unfit ? [violation(`${path}.maglev.tableSize`, 'not-prime', 'must be a prime number')] : []),
    ...(twice ? [violation(`${path}.minimumRingSize`, 'two-algorithms', 'cannot stand beside ringHash or maglev')] : []),
    ...wrong.map(([name, size, most]) => violation(`${path}.${name}`, 'out-of-range', `${size} is not from 0 to ${most}`)),
    ...(hash.httpCookie?.name === '' ? [violation(`${path}.httpCookie.name`, 'empty', 'must not be empty')] : []),
    ...(COOKIE_BREAK.test(hash.httpCookie?.path ?? '')
      ? [violation(`${path}.httpCookie.path`, 'bad-path', 'must not have semicolons or control characters')]
      : []),
    ...checkDurationOrZero(`${path}.httpCookie.ttl`, hash.httpCookie?.ttlMs),
  ]
}

function isPrime(number: number): boolean {
  if (number < 4) return number > 1
  if (number % 2 === 0) return false
  for (let factor = 3; factor * factor <= number; factor += 2) if (number % factor === 0) return false
  return true
}

/** What has no effect: failover without outliers to fail over from, warm-up with a balancer that knows none. */
export function warnOfLoadBalancer(path: string, lb: LoadBalancerSettings, outliers: OutlierDetection | undefined): readonly Violation[] {
  const { localityLbSetting: locality, warmup, warmupDurationMs, simple } = lb
  const warnings: Violation[] = []
  if (outliers === undefined && locality !== undefined && locality.failover.length + locality.failoverPriority.length > 0) {
    const reason = 'failover has no effect without outlierDetection beside the load balancer'
    warnings.push(violation(`${path}.localityLbSetting`, 'no-outlier-detection', reason))
  }
  if ((warmup ?? warmupDurationMs) !== undefined && (simple === 'RANDOM' || simple === 'PASSTHROUGH'))
    warnings.push(violation(path, 'no-warmup', `${simple} knows no warm-up`, 'use ROUND_ROBIN or LEAST_REQUEST'))
  return warnings
}

/** Of a load balancer, or of the whole mesh. */
export function validateLocality(path: string, setting: LocalityLbSetting): readonly Violation[] {
  const { distribute, failover, failoverPriority } = setting
  const violations: Violation[] = []
  if (distribute.length > 0 && failover.length + failoverPriority.length > 0) {
    violations.push(violation(path, 'two-modes', 'distribute and failover cannot stand together'))
  }
  failover.forEach(({ from, to }, i) => violations.push(...validateFailover(`${path}.failover[${i}]`, from, to)))
  distribute.forEach(({ to }, i) => {
    const place = `${path}.distribute[${i}].to`
    violations.push(...validateShares(place, to), ...validatePlaces(place, Object.keys(to)))
  })
  const origins = distribute.map(({ from }) => from)
  violations.push(...validatePlaces(`${path}.distribute`, origins))
  return violations
}

function validateFailover(path: string, from: string, to: string): readonly Violation[] {
  if (from === to) return [violation(path, 'same-region', `'${from}' cannot fail over to itself`)]
  const deep = [from, to].find(region => region.includes('/') || region.includes('*'))
  return deep === undefined ? [] : [violation(path, 'bad-region', `'${deep}' must be a region, without zone or wildcard`)]
}

function validateShares(path: string, shares: Readonly<Record<string, number>>): readonly Violation[] {
  const violations = Object.entries(shares)
    .filter(([, share]) => share < 1 || share > 100)
    .map(([locality, share]) => violation(path, 'bad-weight', `the share ${share} of '${locality}' is not from 1 to 100`))
  const sum = Object.values(shares).reduce((total, share) => total + share, 0)
  return sum === 100 ? violations : [...violations, violation(path, 'weight-sum', `the shares together are ${sum}, not 100`)]
}
