import { runCommand } from '@meshwork/testkit/net'

import { certificateFiles, type ClusterAuthority, createAuthority, createTokenKeys, issueTo, writeKubeconfig } from './certificates.ts'
import { endDaemon, startDaemon } from './daemon.ts'
import { inNetworkOf, until } from './namespaces.ts'
import { API_SERVER_PORT, API_SERVER_SERVICE, type NodeFolder, SERVICE_NETWORK } from './node-folder.ts'

const READY_LIMIT_MS = 120_000
const ETCD = 'http://127.0.0.1:2379'
/** Users with a kubeconfig of their own, by file name, with the subject Kubernetes knows them by. */
const USERS: Readonly<Record<string, string>> = {
  admin: '/O=system:masters/CN=admin',
  controllers: '/CN=system:kube-controller-manager',
  scheduler: '/CN=system:kube-scheduler',
  proxy: '/CN=system:kube-proxy',
  coredns: '/CN=coredns',
}

/** Keys and certificates of a new cluster, in `pki` of its first node, and a kubeconfig for each user. */
export async function createClusterKeys(node: NodeFolder): Promise<ClusterAuthority> {
  const folder = node.file('pki')
  const authority = await createAuthority(folder, 'ca', `kubernetes-${node.name}`)
  const frontProxy = await createAuthority(folder, 'front-proxy-ca', 'front-proxy')
  await Promise.all([
    issueTo(node.file('pki', 'apiserver'), authority, { subject: '/CN=kube-apiserver', names: apiServerNames(node) }),
    issueTo(node.file('pki', 'front-proxy'), frontProxy, { subject: '/CN=front-proxy-client' }),
    issueTo(node.file('pki', 'kubelet-client'), authority, { subject: '/O=system:masters/CN=kube-apiserver-kubelet-client' }),
    createTokenKeys(node.file('pki', 'tokens.key'), node.file('pki', 'tokens.pub')),
    ...Object.entries(USERS).map(async ([user, subject]) => {
      const files = await issueTo(node.file('pki', user), authority, { subject })
      writeKubeconfig(kubeconfigOf(node, user), node.apiServer, certificateFiles(folder, 'ca').certificate, files)
    }),
  ])
  return authority
}

export function kubeconfigOf(node: NodeFolder, user: string): string {
  return node.file(`${user}.kubeconfig`)
}

function apiServerNames(node: NodeFolder): readonly string[] {
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
  return [...[...service, 'localhost'].map(name => `DNS:${name}`), ...['127.0.0.1', API_SERVER_SERVICE, node.address].map(ip => `IP:${ip}`)]
}

export function startApiServer(node: NodeFolder, nodePid: number, hyperkube: string): void {
  startDaemon(node, nodePid, 'etcd', [
    ...[hyperkube, 'etcd', '--name=default', `--data-dir=${node.file('etcd')}`, '--log-level=warn'],
    ...[`--listen-client-urls=${ETCD}`, `--advertise-client-urls=${ETCD}`],
    // A test cluster that loses power is made anew.
    '--unsafe-no-fsync',
  ])
  startDaemon(node, nodePid, 'kube-apiserver', [hyperkube, 'kube-apiserver', ...apiServerFlags(node)])
}

/** Kills the API server, as a node that loses power would, and starts it anew over the same etcd. Gives it back when it is ready. */
export async function restartApiServer(cluster: { node: NodeFolder; nodePid: number; hyperkube: string }): Promise<void> {
  const { node, nodePid, hyperkube } = cluster
  await endDaemon('kube-apiserver', `--advertise-address=${node.address}`)
  startDaemon(node, nodePid, 'kube-apiserver', [hyperkube, 'kube-apiserver', ...apiServerFlags(node)])
  await apiServerReady(cluster)
}

function apiServerFlags(node: NodeFolder): readonly string[] {
  const pki = (file: string): string => node.file('pki', file)
  return [
    `--etcd-servers=${ETCD}`,
    ...[`--advertise-address=${node.address}`, `--secure-port=${API_SERVER_PORT}`, `--service-cluster-ip-range=${SERVICE_NETWORK}`],
    ...[`--tls-cert-file=${pki('apiserver.crt')}`, `--tls-private-key-file=${pki('apiserver.key')}`, `--client-ca-file=${pki('ca.crt')}`],
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    ...[`--service-account-key-file=${pki('tokens.pub')}`, `--service-account-signing-key-file=${pki('tokens.key')}`],
    ...[`--kubelet-client-certificate=${pki('kubelet-client.crt')}`, `--kubelet-client-key=${pki('kubelet-client.key')}`],
    ...[`--kubelet-certificate-authority=${pki('ca.crt')}`, '--kubelet-preferred-address-types=InternalIP'],
    // Without an authority for front proxies, controllers complain about a missing bundle for ever.
    ...[`--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`, '--requestheader-allowed-names=front-proxy-client'],
    ...['--requestheader-extra-headers-prefix=X-Remote-Extra-', '--requestheader-group-headers=X-Remote-Group'],
    '--requestheader-username-headers=X-Remote-User',
    ...[`--proxy-client-cert-file=${pki('front-proxy.crt')}`, `--proxy-client-key-file=${pki('front-proxy.key')}`],
    ...['--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction', '--allow-privileged=true', '--profiling=false'],
    ...[`--audit-policy-file=${node.file('audit-policy.json')}`, `--audit-log-path=${node.file('log', 'audit.jsonl')}`],
  ]
}

/** Every request's metadata is written down: which component used which right can then be read from the log. */
export const AUDIT_POLICY: object = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    {
      level: 'None',
      users: ['system:kube-controller-manager', 'system:kube-scheduler', 'system:kube-proxy', 'coredns', 'system:apiserver'],
    },
    { level: 'None', userGroups: ['system:nodes'] },
    { level: 'Metadata' },
  ],
}

/** kubectl as the cluster's administrator, run where the API server can be reached. Gives its output. */
export function kubectl(
  cluster: { node: NodeFolder; nodePid: number; hyperkube: string },
  args: readonly string[],
  input?: string,
): Promise<string> {
  const flags = [`--kubeconfig=${kubeconfigOf(cluster.node, 'admin')}`, '--request-timeout=10s']
  return runCommand([...inNetworkOf(cluster.nodePid), cluster.hyperkube, 'kubectl', ...flags, ...args], input)
}

export async function apiServerReady(cluster: { node: NodeFolder; nodePid: number; hyperkube: string }): Promise<void> {
  const ask = async (): Promise<boolean> => (await kubectl(cluster, ['get', '--raw', '/readyz'])) === 'ok'
  await until(`API server of ${cluster.node.name} (log/kube-apiserver.log)`, ask, READY_LIMIT_MS)
}

/** Only once the API server is ready: before that the roles are missing that let the controller manager in, and it exits. */
export function startControllers(node: NodeFolder, nodePid: number, hyperkube: string): void {
  const pki = (file: string): string => node.file('pki', file)
  const as = (user: string): readonly string[] =>
    ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(flag => `--${flag}=${kubeconfigOf(node, user)}`)
  // The default limits of 20 requests a second cost five seconds at the start.
  const shared = ['--bind-address=127.0.0.1', '--leader-elect=false', '--kube-api-qps=500', '--kube-api-burst=1000']
  startDaemon(node, nodePid, 'kube-controller-manager', [
    ...[hyperkube, 'kube-controller-manager', ...as('controllers'), ...shared, '--use-service-account-credentials=true'],
    ...[`--service-account-private-key-file=${pki('tokens.key')}`, `--root-ca-file=${pki('ca.crt')}`],
    ...[`--cluster-signing-cert-file=${pki('ca.crt')}`, `--cluster-signing-key-file=${pki('ca.key')}`],
    ...['--node-monitor-grace-period=20s', '--node-monitor-period=2s'],
  ])
  startDaemon(node, nodePid, 'kube-scheduler', [hyperkube, 'kube-scheduler', ...as('scheduler'), ...shared])
}
