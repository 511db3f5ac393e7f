import { settingsFor } from '../translate/clusters/traffic-settings.ts'
import { isPost, type TcpTuning } from '../translate/filters/tcp-proxy.ts'
import { type RouteContext, servicesByHost } from './route-inputs.ts'
import type { TcpContext } from './tcp-ways.ts'

/** What DestinationRules say of opaque connections, which is the proxy's part and not the cluster's. */
export function tuningBy({
  rules,
  services,
  identity,
}: Pick<RouteContext, 'rules' | 'services' | 'identity'>): NonNullable<TcpContext['tuningOf']> {
  return (host, port, subset) => {
    const service = servicesByHost(services).get(host)?.at(-1)
    if (service === undefined) return {}
    const { connectionPool, loadBalancer, tunnel } = settingsFor(rules.ruleFor(service)?.spec, subset, port)
    const { idleTimeoutMs, maxConnectionDurationMs } = connectionPool?.tcp ?? {}
    return {
      ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
      ...(maxConnectionDurationMs !== undefined && { maxDurationMs: maxConnectionDurationMs }),
      ...(loadBalancer?.consistentHash?.useSourceIp === true && { hashSourceIp: true }),
      // Our proxy asks for tunnels by CONNECT only, and around the tunnel there is no way that the rule allows.
      ...(tunnel !== undefined && (identity.meshwork && isPost(tunnel) ? { closed: true } : { tunnel })),
    } satisfies TcpTuning
  }
}
