import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkDuration, checkDurationOrZero } from '../rules/duration.ts'
import type { ConnectionPoolSettings, HttpPoolSettings, TcpPoolSettings } from './type.ts'

export function validateConnectionPool(path: string, pool: ConnectionPoolSettings): readonly Violation[] {
  if (pool.tcp === undefined && pool.http === undefined) return [violation(path, 'empty-pool', 'must have tcp or http settings')]
  return [
    ...(pool.tcp === undefined ? [] : validateTcp(`${path}.tcp`, pool.tcp)),
    ...(pool.http === undefined ? [] : validateHttp(`${path}.http`, pool.http)),
  ]
}

function validateTcp(path: string, tcp: TcpPoolSettings): readonly Violation[] {
  return [
    ...notNegative(path, tcp, ['maxConnections']),
    ...checkDuration(`${path}.connectTimeout`, tcp.connectTimeoutMs),
    ...checkDuration(`${path}.maxConnectionDuration`, tcp.maxConnectionDurationMs),
    ...checkDurationOrZero(`${path}.idleTimeout`, tcp.idleTimeoutMs),
    ...checkDuration(`${path}.tcpKeepalive.time`, tcp.tcpKeepalive?.timeMs),
    ...checkDuration(`${path}.tcpKeepalive.interval`, tcp.tcpKeepalive?.intervalMs),
  ]
}

const HTTP_LIMITS = [
  'http1MaxPendingRequests',
  'http2MaxRequests',
  'maxRequestsPerConnection',
  'maxRetries',
  'maxConcurrentStreams',
] as const

function validateHttp(path: string, http: HttpPoolSettings): readonly Violation[] {
  const violations = [...notNegative(path, http, HTTP_LIMITS), ...checkDurationOrZero(`${path}.idleTimeout`, http.idleTimeoutMs)]
  if (http.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol === true) {
    violations.push(violation(path, 'two-protocols', 'h2UpgradePolicy UPGRADE and useClientProtocol cannot stand together'))
  }
  return violations
}

function notNegative<T extends string>(path: string, limits: { readonly [K in T]?: number }, names: readonly T[]): readonly Violation[] {
  return names.flatMap(name => {
    const limit: number | undefined = limits[name]
    return limit === undefined || limit >= 0 ? [] : [violation(joinPath(path, name), 'out-of-range', `${limit} is below 0`)]
  })
}
