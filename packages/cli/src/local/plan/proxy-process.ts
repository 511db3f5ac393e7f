import { join } from 'node:path'
import type { StatePaths } from '../state/state-paths.ts'
import type { ProcessPlan, TokenPlan } from './mesh-plan.ts'
import type { WorkloadShape } from './workload.ts'

export const TRUST_DOMAIN = 'cluster.local'

/** Where the control plane of the mesh listens; part of the state file, so that `local run` can join. */
export interface ControlPlaneAddresses {
  readonly xds: string
  readonly citadel: string
}

export function spiffeUri(workload: WorkloadShape): string {
  return `spiffe://${TRUST_DOMAIN}/ns/${workload.namespace}/sa/${workload.serviceAccount}`
}

export function tokenPlan(workload: WorkloadShape, paths: StatePaths): TokenPlan {
  const { namespace, serviceAccount } = workload
  return { file: join(paths.tokens, `${namespace}.${serviceAccount}.jwt`), namespace, serviceAccount }
}

/** Where people and Prometheus look at a proxy. */
export interface WatchedPorts {
  readonly admin: number
  readonly status: number
  /** `8080/metrics`: the application's own metrics, merged with the proxy's. */
  readonly appMetrics: string | null
}

/** Arguments of our proxy: who it is (Istio's node id and metadata), and where it gets configuration and certificate. */
export function proxyArguments(
  type: 'sidecar' | 'router',
  workload: WorkloadShape,
  addresses: ControlPlaneAddresses,
  paths: StatePaths,
  watched: WatchedPorts,
): readonly string[] {
  const { pod, namespace, serviceAccount, labels } = workload
  return [
    ...['--node', `${type}~127.0.0.1~${pod}.${namespace}~${namespace}.svc.cluster.local`],
    ...['--namespace', namespace],
    ...['--service-account', serviceAccount],
    ...[
      '--labels',
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    ],
    ...['--interception', 'NONE'],
    ...['--xds', addresses.xds],
    ...['--ca', addresses.citadel],
    ...['--ca-root', paths.rootCertificate],
    ...['--token', tokenPlan(workload, paths).file],
    ...['--admin', `127.0.0.1:${watched.admin}`],
    ...['--status-address', `127.0.0.1:${watched.status}`],
    ...(watched.appMetrics === null ? [] : ['--app-metrics', watched.appMetrics]),
  ]
}

export interface ProxyProcess {
  readonly name: string
  readonly type: 'sidecar' | 'router'
  readonly workload: WorkloadShape
  readonly watched: WatchedPorts
  readonly ports: Readonly<Record<string, number>>
  readonly after: readonly string[]
  /** Path of an Envoy to run, by our agent, instead of our own proxy. */
  readonly envoy: string | null
}

export function proxyProcess(proxy: ProxyProcess, addresses: ControlPlaneAddresses, paths: StatePaths): ProcessPlan {
  const args = proxyArguments(proxy.type, proxy.workload, addresses, paths, proxy.watched)
  return {
    name: proxy.name,
    role: proxy.type === 'router' ? 'gateway' : 'sidecar',
    program:
      proxy.envoy === null
        ? { kind: 'module', module: '@meshwork/proxy/main', args: [...args, '--state-folder', join(paths.proxies, proxy.workload.pod)] }
        : { kind: 'module', module: '@meshwork/proxy/agent-main', args: ['envoy', '--envoy-binary', proxy.envoy, ...args] },
    env: {},
    after: proxy.after,
    ports: { ...proxy.ports, admin: proxy.watched.admin, status: proxy.watched.status },
    identity: spiffeUri(proxy.workload),
  }
}
