import { DNS_SERVICE, type NodeFolder, POD_NETWORKS } from './node-folder.ts'

/** Where Debian's containernetworking-plugins puts them. */
const CNI_PROGRAMS = '/usr/lib/cni'
export const PAUSE_IMAGE = 'localhost/pause:3.10'

/** containerd 1.6 on a machine without AppArmor and without the right to lower the score of the out-of-memory killer. */
export function containerdConfig(node: NodeFolder): string {
  const unused = [
    'snapshotter.v1.aufs',
    'snapshotter.v1.btrfs',
    'snapshotter.v1.devmapper',
    'tracing.processor.v1.otlp',
    'internal.v1.tracing',
  ]
    .map(name => `"io.containerd.${name}"`)
    .join(', ')
  return `version = 2
root = "${node.file('containerd')}"
state = "/run/containerd"
disabled_plugins = [${unused}]
[grpc]
  address = "${containerdSocket(node)}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${node.file('opt')}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_PROGRAMS}"
    conf_dir = "${node.file('cni')}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
`
}

export function containerdSocket(node: NodeFolder): string {
  return node.file('containerd.sock')
}

/** Pods hang on a bridge of their node. Addresses are not hidden between nodes; host ports work. */
export function podNetworkConfig(node: NodeFolder): object {
  const addresses = { type: 'host-local', ranges: [[{ subnet: node.podNetwork }]], routes: [{ dst: '0.0.0.0/0' }] }
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, hairpinMode: true, ipam: addresses },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
}

/** `authority` is the file of the cluster's root, `cgroup` a folder of the kubelet's own in every hierarchy. */
export function kubeletConfig(node: NodeFolder, authority: string, cgroup: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: node.address,
    readOnlyPort: 0,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: authority } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: node.file('pki', 'node.crt'),
    tlsPrivateKeyFile: node.file('pki', 'node.key'),
    containerRuntimeEndpoint: `unix://${containerdSocket(node)}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [DNS_SERVICE],
    clusterDomain: 'cluster.local',
    resolvConf: node.file('resolv.conf'),
    // The disk is shared with everything else on the machine; its filling up is no reason to evict pods of a test.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '0%', 'imagefs.available': '0%', 'nodefs.inodesFree': '0%' },
    imageGCHighThresholdPercent: 100,
    oomScoreAdj: 0,
    maxOpenFiles: 20_000,
    serializeImagePulls: false,
    syncFrequency: '10s',
    nodeStatusUpdateFrequency: '4s',
    volumePluginDir: node.file('volume-plugins'),
    podLogsDir: '/var/log/pods',
  }
}

export function kubeProxyConfig(node: NodeFolder): object {
  // Limits of connection tracking belong to the whole machine and are left as they are.
  const conntrack = { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' }
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    bindAddress: node.address,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    clientConnection: { kubeconfig: node.file('proxy.kubeconfig') },
    hostnameOverride: node.name,
    mode: 'iptables',
    clusterCIDR: POD_NETWORKS,
    conntrack,
    iptables: { minSyncPeriod: '100ms', syncPeriod: '30s' },
  }
}
