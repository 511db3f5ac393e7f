import type { HealthCheckConfig } from '../../../model/health-check.ts'

/** A valid HTTP check, once a second. */
export const CONFIG: HealthCheckConfig = {
  timeoutMs: 500,
  intervalMs: 1000,
  initialJitterMs: 0,
  intervalJitterMs: 0,
  intervalJitterPercent: 0,
  unhealthyThreshold: 1,
  healthyThreshold: 1,
  noTrafficIntervalMs: 1000,
  noTrafficHealthyIntervalMs: 1000,
  unhealthyIntervalMs: 1000,
  unhealthyEdgeIntervalMs: 1000,
  healthyEdgeIntervalMs: 1000,
  reuseConnection: true,
  altPort: null,
  socketCriteria: null,
  alpn: [],
  checker: {
    kind: 'http',
    method: 'GET',
    path: '/healthz',
    host: '',
    headers: [],
    removeHeaders: [],
    expected: [{ start: 200, end: 201 }],
    retriable: [],
    http2: false,
    receive: [],
  },
}
