import { startDaemon } from './daemon.ts'
import { DNS_SERVICE, type NodeFolder } from './node-folder.ts'

const PORTS = [
  { name: 'dns', port: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, protocol: 'TCP' },
]

/** Objects that lead `kube-system/kube-dns` to CoreDNS, which runs as a process of the node, and its right to read names. */
export function dnsObjects(node: NodeFolder): object {
  const name = 'coredns'
  const service = 'kube-dns'
  const namespace = 'kube-system'
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name },
        rules: [
          { apiGroups: [''], resources: ['services', 'pods', 'namespaces', 'nodes'], verbs: ['get', 'list', 'watch'] },
          { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
      },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: service, namespace }, spec: { clusterIP: DNS_SERVICE, ports: PORTS } },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: `${service}-node`, namespace, labels: { 'kubernetes.io/service-name': service } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [node.address], conditions: { ready: true } }],
        ports: PORTS,
      },
    ],
  }
}

export function corefile(node: NodeFolder): string {
  return `.:53 {
  bind ${node.address}
  errors
  health 127.0.0.1:8081
  ready 127.0.0.1:8181
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${node.file('coredns.kubeconfig')}
    pods insecure
    ttl 5
  }
  cache 5
  loadbalance
}
`
}

export function startDns(node: NodeFolder, nodePid: number, hyperkube: string): void {
  startDaemon(node, nodePid, 'coredns', [hyperkube, 'coredns', '-conf', node.file('Corefile')])
}
