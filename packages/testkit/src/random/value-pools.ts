type Pool = readonly [string, ...string[]]

const HOSTS: Pool = [
  'productpage',
  'reviews',
  'reviews.default.svc.cluster.local',
  'ratings.default.svc.cluster.local',
  'tcp.default.svc.cluster.local',
  'a.example.com',
  '*.example.com',
  'Mixed.Example.com',
  'nowhere',
  '*',
]
const ADDRESSES: Pool = [
  '10.44.3.7',
  '10.0.0.0/8',
  '2001:db8::1',
  '2001:db8::/32',
  '240.240.1.2',
  '0.0.0.0/0',
  'unix:///tmp/a.sock',
  'a.example.com',
]
const SUBNETS: Pool = ['10.44.3.7', '10.0.0.0/8', '2001:db8::/32', '0.0.0.0/0']
const PATHS: Pool = ['/', '/a', '/a/', '/a b', '/é', '/%zz', '/a/{*}/b', '/c/{**}', '*', '/a*', '*b', '']
const REGEXES: Pool = ['.*', '/a(b|c)+', '[a-z]{1,30}', '(?i)a', 'a|', '^$', '(a)(b)']
const NAMESPACES: Pool = ['default', 'istio-system', 'elsewhere', '.', '*', '~']
const NAMES: Pool = ['v1', 'v2', 'a', 'http', 'tcp-1', 'x'.repeat(63), 'A']
const HEADERS: Pool = ['x-a', 'x-B', 'cookie', ':method', ':authority', 'host', 'content-length', 'bad name', 'x-é', 'transfer-encoding']
const ANY: Pool = [
  '',
  'a',
  'text',
  'a,b',
  '%REQ(x)%',
  '%',
  '%START_TIME%',
  'é',
  'a\nb',
  '{',
  '"',
  'x'.repeat(300),
  ' ',
  '0',
  '-1',
  '\u0000',
]

/** Texts by the name of the field, or of the one above it; fields that are not named get anything. */
const POOLS: Readonly<Record<string, Pool>> = {
  host: HOSTS,
  hosts: [...HOSTS, './*', '*/*', 'default/*', 'default/reviews.default.svc.cluster.local'],
  authority: ['a.example.com', 'a.example.com:8080', 'é', 'a b'],
  sniHosts: HOSTS,
  sni: HOSTS,
  address: ADDRESSES,
  addresses: SUBNETS,
  bind: ['0.0.0.0', '127.0.0.1', '::', 'unix://@b'],
  defaultEndpoint: ['127.0.0.1:8080', '0.0.0.0:80', 'unix://@c'],
  destinationSubnets: SUBNETS,
  sourceSubnet: SUBNETS,
  ipBlocks: SUBNETS,
  notIpBlocks: SUBNETS,
  remoteIpBlocks: SUBNETS,
  notRemoteIpBlocks: SUBNETS,
  uri: PATHS,
  prefix: PATHS,
  exact: PATHS,
  regex: REGEXES,
  match: REGEXES,
  paths: PATHS,
  notPaths: PATHS,
  pathPrefix: PATHS,
  namespace: NAMESPACES,
  exportTo: NAMESPACES,
  sourceNamespace: ['default', 'elsewhere'],
  namespaces: ['default', 'el*', '*'],
  notNamespaces: ['default', 'el*', '*'],
  name: NAMES,
  subset: ['v1', 'v2', 'v9'],
  gateways: ['mesh', 'gw', 'default/gw', 'nowhere'],
  protocol: ['HTTP', 'HTTPS', 'GRPC', 'HTTP2', 'TCP', 'TLS', 'MONGO', 'REDIS', 'MYSQL', 'GRPC-WEB', 'UDP', 'http'],
  ports: ['80', '9080', '65535'],
  notPorts: ['80', '9080'],
  allowMethods: ['GET', 'POST', '*'],
  methods: ['GET', 'P*', '*'],
  notMethods: ['GET', 'P*', '*'],
  allowHeaders: HEADERS,
  exposeHeaders: HEADERS,
  remove: HEADERS,
  httpHeaderName: HEADERS,
  header: HEADERS,
  fromCookies: HEADERS,
  retryOn: ['5xx', 'connect-failure,503', 'gateway-error,retriable-4xx,unavailable', '503', ''],
  grpcStatus: ['UNAVAILABLE', '14', 'NOT_FOUND', 'NEVER'],
  principals: ['cluster.local/ns/default/sa/a', '*', 'cluster.local/*', '*/sa/a'],
  notPrincipals: ['cluster.local/ns/default/sa/a', '*'],
  requestPrincipals: ['*', 'i/s', 'i/*'],
  notRequestPrincipals: ['*', 'i/s'],
  serviceAccounts: ['default/a', 'a'],
  key: [
    'request.headers[x-a]',
    'source.ip',
    'source.namespace',
    'request.auth.claims[a][b]',
    'connection.sni',
    'destination.port',
    'remote.ip',
  ],
  values: ['a', '10.0.0.0/8', '80', '*', 'a*', '*a', ''],
  jwksUri: ['https://a.example/keys', 'http://reviews.default.svc.cluster.local:9080/keys'],
  jwks: ['{"keys":[]}', '{"keys":[{"kty":"oct","k":"AAAA","alg":"HS256"}]}'],
  issuer: ['i', 'https://i.example', ''],
  credentialName: ['cert', 'kubernetes://cert'],
  locality: ['eu/a/b', 'eu'],
  from: ['eu', 'eu/*', '*', 'us/a'],
  to: ['eu', 'us'],
  failoverPriority: ['topology.kubernetes.io/region', 'version', 'version=v1'],
  expression: ['response.code >= 400', 'request.method == "GET"', 'a +'],
  cipherSuites: ['ECDHE-RSA-AES256-GCM-SHA384', 'nonsense', 'ECDHE-RSA-AES256-GCM-SHA384'],
  // Whether a proxy has a file is not for a control plane to know; without names such modes are not valid.
  accessLogFile: ['/dev/stdout', '/dev/stderr', ''],
  clientCertificate: [''],
  privateKey: [''],
  serverCertificate: [''],
  caCertificates: ['', 'system'],
  caCrl: [''],
  bytes: ['aGVsbG8=', 'AA=='],
  subjectAltNames: ['spiffe://cluster.local/ns/default/sa/a', 'a.example.com', ''],
}

/** Keys of maps by the name of the field. */
const KEYS: Readonly<Record<string, Pool>> = {
  headers: HEADERS,
  withoutHeaders: HEADERS,
  set: HEADERS,
  add: HEADERS,
  portLevelMtls: ['80', '9080', '65535'],
  to: ['eu/*', 'us/*', '*'],
  ports: ['http', 'tcp-1', 'a'],
  queryParams: ['q', 'a b', 'é'],
}

/** For labels and whatever else has free keys. */
const LABEL_KEYS: Pool = ['app', 'version', 'istio', 'topology.kubernetes.io/zone']

export const LABEL_VALUES: Pool = ['productpage', 'v1', 'v2', 'ingressgateway', '']

/** Lengths of time, from too short to very long. */
export const DURATIONS: Pool = ['1s', '10ms', '1ms', '0s', '1.5s', '1h', '8760h', '250ms', '87600h']

export function texts(field: string): Pool {
  return POOLS[field] ?? ANY
}

export function keys(field: string): Pool {
  return KEYS[field] ?? LABEL_KEYS
}
