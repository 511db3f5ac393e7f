import type { ProxySpec } from '../scenario.ts'

/** Node id as Istio's agents write it: `sidecar~10.44.1.1~client.default~default.svc.cluster.local`. */
export function nodeId(proxy: ProxySpec): string {
  return `${proxy.kind}~${proxy.ip}~${proxy.pod}.${proxy.namespace}~${proxy.namespace}.svc.cluster.local`
}

/** Metadata by which the control plane knows the proxy. */
export function nodeMetadata(proxy: ProxySpec): Readonly<Record<string, unknown>> {
  return {
    NAME: proxy.pod,
    NAMESPACE: proxy.namespace,
    LABELS: proxy.labels,
    SERVICE_ACCOUNT: proxy.serviceAccount,
    INTERCEPTION_MODE: 'REDIRECT',
    CLUSTER_ID: 'Kubernetes',
    INSTANCE_IPS: proxy.ip,
  }
}
