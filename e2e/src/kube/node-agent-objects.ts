import { HUB, TAG } from './test-images.ts'

const NAME = 'istio-cni-node'
const labels = { 'k8s-app': NAME }

/** The node agent with the rights it needs and no others. */
export function nodeAgentObjects(namespace: string): readonly object[] {
  const metadata = { name: NAME, namespace, labels }
  const subject = { kind: 'ServiceAccount', name: NAME, namespace }
  const api = 'rbac.authorization.k8s.io'
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${api}/v1`,
      kind: 'ClusterRole',
      metadata: { name: NAME },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }],
    },
    {
      apiVersion: `${api}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME },
      roleRef: { apiGroup: api, kind: 'ClusterRole', name: NAME },
      subjects: [subject],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { serviceAccountName: NAME, hostPID: true, containers: [agentContainer()] } },
      },
    },
  ]
}

function agentContainer(): object {
  return {
    name: 'agent',
    image: `${HUB}/init:${TAG}`,
    imagePullPolicy: 'Never',
    command: ['/usr/local/bin/meshwork-node-agent', '--in-cluster'],
    env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    readinessProbe: { httpGet: { path: '/ready', port: 15_014 }, periodSeconds: 1 },
    securityContext: {
      runAsUser: 0,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      // To enter the networks of pods, and to change them.
      capabilities: { drop: ['ALL'], add: ['SYS_ADMIN', 'SYS_PTRACE', 'NET_ADMIN', 'NET_RAW'] },
    },
  }
}
