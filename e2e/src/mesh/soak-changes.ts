import { echoRules, to } from './shop.ts'

/** One change of one kind: the name of its file, and its text at the `n`th time; null removes the file. */
interface Change {
  readonly name: string
  readonly at: (n: number) => string | null
}

const networking = (kind: string, name: string, spec: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: default}\nspec: ${spec}\n`
const security = (kind: string, name: string, spec: string): string =>
  `apiVersion: security.istio.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: default}\nspec: ${spec}\n`
/** There at even times only. */
const now = (n: number, text: string): string | null => (n % 2 === 0 ? text : null)

/** Changes of every kind, none of which asks for a request of `ann` to `echo` to fail. */
const CHANGES: readonly Change[] = [
  { name: 'rules', at: n => echoRules(`- timeout: ${5 + (n % 5)}s\n  ${to(n % 2 === 0 ? 'v1' : 'v2')}`) },
  {
    name: 'rules',
    at: n =>
      echoRules(
        `- match: [{uri: {prefix: /p${n}}}]\n  ${to('v1')}\n- retries: {attempts: ${n % 4}}\n  route:\n  - {destination: {host: echo, subset: v1}, weight: ${n % 101}}\n  - {destination: {host: echo, subset: v2}, weight: ${100 - (n % 101)}}`,
      ),
  },
  {
    name: 'pools',
    at: n =>
      networking(
        'DestinationRule',
        'ben',
        `{host: ben, trafficPolicy: {loadBalancer: {simple: ${n % 2 === 0 ? 'RANDOM' : 'LEAST_REQUEST'}}, connectionPool: {http: {http2MaxRequests: ${1000 + n}}}}}`,
      ),
  },
  {
    name: 'gateway',
    at: n =>
      now(
        n,
        networking(
          'Gateway',
          'soak',
          `{selector: {istio: nobody}, servers: [{port: {number: ${9000 + (n % 9)}, name: http, protocol: HTTP}, hosts: ["*"]}]}`,
        ),
      ),
  },
  {
    name: 'entry',
    at: n =>
      networking(
        'ServiceEntry',
        'soak',
        `{hosts: [s${n % 7}.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: STATIC, endpoints: [{address: 127.0.0.${2 + (n % 50)}}]}`,
      ),
  },
  { name: 'workload', at: n => now(n, networking('WorkloadEntry', 'soak', `{address: 127.0.0.9, labels: {app: soak, version: "${n}"}}`)) },
  {
    name: 'sidecar',
    at: n => now(n, networking('Sidecar', 'soak', `{workloadSelector: {labels: {app: nobody}}, egress: [{hosts: ["./*", "n${n}/*"]}]}`)),
  },
  {
    name: 'peers',
    at: n => now(n, security('PeerAuthentication', 'soak', '{selector: {matchLabels: {app: echo}}, mtls: {mode: PERMISSIVE}}')),
  },
  {
    name: 'authorization',
    at: n =>
      security(
        'AuthorizationPolicy',
        'soak',
        `{selector: {matchLabels: {app: echo}}, action: DENY, rules: [{to: [{operation: {paths: ["/never/${n}"]}}]}]}`,
      ),
  },
  {
    name: 'tokens',
    at: n =>
      now(
        n,
        security(
          'RequestAuthentication',
          'soak',
          `{selector: {matchLabels: {app: echo}}, jwtRules: [{issuer: "i${n}", jwks: '{"keys":[]}'}]}`,
        ),
      ),
  },
  {
    name: 'telemetry',
    at: n =>
      now(
        n,
        `apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {name: soak, namespace: default}\nspec: {tracing: [{randomSamplingPercentage: ${n % 100}}]}\n`,
      ),
  },
  {
    name: 'filter',
    at: n =>
      now(
        n,
        `apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: soak, namespace: default}\nspec: {configPatches: [{applyTo: CLUSTER, match: {context: SIDECAR_OUTBOUND}, patch: {operation: MERGE, value: {connect_timeout: ${1 + (n % 9)}s}}}]}\n`,
      ),
  },
  { name: 'proxies', at: n => networking('ProxyConfig', 'soak', `{concurrency: ${n % 4}}`).replace('io/v1\n', 'io/v1beta1\n') },
]

/** The `n`th change of a soak: kinds in turn. `text` is null where the file goes. */
export function soakChange(n: number): { readonly name: string; readonly text: string | null } {
  const change = CHANGES[n % CHANGES.length]
  if (change === undefined) throw new Error('there are no changes')
  return { name: change.name, text: change.at(Math.floor(n / CHANGES.length)) }
}
