import { BLACK_HOLE_CLUSTER } from '../clusters/cluster-name.ts'
import { TcpProxy } from '@meshwork/protos/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy'
import { expect, test } from 'vitest'
import { buildTcpFilters } from './tcp-proxy.ts'

function proxyOf(tuning: Parameters<typeof buildTcpFilters>[1][number]['tuning']): TcpProxy {
  const settings = {
    istioMetrics: false,
    accessLogs: [],
    security: { policies: [], trustDomains: [], providers: [] },
  } as unknown as Parameters<typeof buildTcpFilters>[2]
  const [filter] = buildTcpFilters('s', [{ cluster: 'c', weight: 1, ...(tuning !== undefined && { tuning }) }], settings, 'outbound')
  if (filter?.configType?.$case !== 'typedConfig') throw new Error('no filter')
  return TcpProxy.decode(filter.configType.value.value)
}

test('a tunnel goes to the target', () => {
  const { tunnelingConfig, clusterSpecifier } = proxyOf({ tunnel: { targetHost: 'a.example', targetPort: 443, protocol: 'POST' } })
  expect(tunnelingConfig).toMatchObject({ hostname: 'a.example:443', usePost: true })
  expect(clusterSpecifier?.value).toBe('c')
})

test('where a proxy cannot tunnel, no connection is made around the tunnel', () => {
  const { tunnelingConfig, clusterSpecifier } = proxyOf({ closed: true })
  expect(tunnelingConfig).toBeUndefined()
  expect(clusterSpecifier?.value).toBe(BLACK_HOLE_CLUSTER)
})
