import type { Caller, MeshOnCluster } from './mesh-on-cluster.ts'
import { loadPeers } from './peer-image.ts'

const IMAGE = 'docker.io/local/prometheus:1'
const NAMESPACE = 'monitoring'
const NAME = { name: 'prometheus', namespace: NAMESPACE }
const ACCOUNT = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'prometheus' }

/**
 * What clusters have that know nothing of a mesh: pods that ask for it by annotations. The second job is Istio 1.0's own
 * (mixer.md 9.2): the adapter's metrics by the port `prometheus` of the Service istio-telemetry.
 */
const CONFIGURATION = `
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: kubernetes-pods
    kubernetes_sd_configs: [{role: pod}]
    relabel_configs:
      - {source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], action: keep, regex: 'true'}
      - {source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path], action: replace, target_label: __metrics_path__, regex: (.+)}
      - source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_prometheus_io_port]
        action: replace
        regex: '(.+);(\\d+)'
        replacement: $1:$2
        target_label: __address__
      - {source_labels: [__meta_kubernetes_namespace], action: replace, target_label: namespace}
      - {source_labels: [__meta_kubernetes_pod_name], action: replace, target_label: pod}
  - job_name: istio-mesh
    kubernetes_sd_configs: [{role: endpoints, namespaces: {names: [istio-system]}}]
    relabel_configs:
      - source_labels: [__meta_kubernetes_service_name, __meta_kubernetes_endpoint_port_name]
        action: keep
        regex: istio-telemetry;prometheus
`

/** One series of an answer: its labels and its value. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

/** A real Prometheus, which finds what it scrapes through the API of Kubernetes. */
export class PrometheusOnCluster {
  private readonly mesh: MeshOnCluster
  private readonly caller: Caller

  private constructor(mesh: MeshOnCluster, caller: Caller) {
    this.mesh = mesh
    this.caller = caller
  }

  /** In a namespace of its own without sidecars, as its charts install it. */
  static async up(mesh: MeshOnCluster): Promise<PrometheusOnCluster> {
    await loadPeers(mesh.world, { reference: IMAGE, peers: ['prometheus'] })
    const caller = await mesh.namespace(NAMESPACE, {})
    await mesh.world.apply(...rights(), ...server())
    await mesh.settled(NAMESPACE)
    return new PrometheusOnCluster(mesh, caller)
  }

  /** What PromQL gives now. */
  async query(expression: string): Promise<readonly Sample[]> {
    const [answer] = await this.mesh.call(this.caller, `http://prometheus:9090/api/v1/query?query=${encodeURIComponent(expression)}`)
    if (answer?.status !== 200) throw new Error(`${expression}: ${answer?.status ?? 'no answer'} ${answer?.body ?? ''}`)
    const { data } = JSON.parse(answer.body)
    return data.result.map(({ metric, value }: { metric: Sample['metric']; value: [number, string] }) => ({
      metric,
      value: Number(value[1]),
    }))
  }
}

function rights(): readonly object[] {
  const rules = [{ apiGroups: [''], resources: ['pods', 'endpoints', 'services', 'nodes'], verbs: ['get', 'list', 'watch'] }]
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: NAME },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'prometheus' }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'prometheus' },
      roleRef: ACCOUNT,
      subjects: [{ kind: 'ServiceAccount', ...NAME }],
    },
  ]
}

function server(): readonly object[] {
  const container = {
    name: 'prometheus',
    image: IMAGE,
    imagePullPolicy: 'Never',
    args: ['exec /usr/bin/prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/tmp/data'],
    ports: [{ containerPort: 9090 }],
    readinessProbe: { httpGet: { path: '/-/ready', port: 9090 }, periodSeconds: 1 },
    volumeMounts: [{ name: 'configuration', mountPath: '/etc/prometheus' }],
  }
  const spec = {
    serviceAccountName: 'prometheus',
    terminationGracePeriodSeconds: 1,
    containers: [container],
    volumes: [{ name: 'configuration', configMap: { name: 'prometheus' } }],
  }
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: NAME, data: { 'prometheus.yml': CONFIGURATION } },
    { apiVersion: 'v1', kind: 'Service', metadata: NAME, spec: { selector: { app: 'prometheus' }, ports: [{ port: 9090 }] } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { ...NAME, labels: { app: 'prometheus' } }, spec },
  ]
}
