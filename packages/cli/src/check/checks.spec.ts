import { generateKeyPair, selfSignCertificate } from '@meshwork/core/x509'
import { expect, it, describe } from 'vitest'
import { type Check, MOST_PROBLEMS, runCheck } from './check.ts'
import { CHECKS, runChecks } from './checks.ts'
import type { ClusterView, HookView, PodView, WebhookView } from './cluster-view.ts'
import { NEEDED_RIGHTS, rightText } from './right-checks.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 0, 1)

async function rootPem(from: number, until: number, isCa = true): Promise<string> {
  const keys = await generateKeyPair()
  const content = { organization: 'mesh', subjectAltNames: [], isCa, keyUsages: ['keyCertSign'], extendedKeyUsages: [] } as const
  return (await selfSignCertificate({ ...content, notBeforeMs: NOW + from * DAY_MS, notAfterMs: NOW + until * DAY_MS }, keys)).pem
}

const ROOT = await rootPem(-1, 3650)
const OTHER_ROOT = await rootPem(-1, 3650)
const FUTURE_ROOT = await rootPem(1, 3650)
const EXPIRED_ROOT = await rootPem(-10, -1)
const ROOT_OF_30_DAYS = await rootPem(-1, 30)
const ROOT_OF_3_DAYS = await rootPem(-1, 3)
const LEAF = await rootPem(-1, 3650, false)
/** RSA with 1024 bits. */
const WEAK_ROOT = `-----BEGIN CERTIFICATE-----
MIIB/DCCAWWgAwIBAgIUVIUwV52hbZ5lvOfbsRsxB5BcH2YwDQYJKoZIhvcNAQEL
BQAwDzENMAsGA1UECgwEd2VhazAgFw0yNjExMjQwMDI4MDNaGA8yMTI2MTAzMTAw
MjgwM1owDzENMAsGA1UECgwEd2VhazCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkC
gYEAvr+CVQiGbg8bF5esnlNR42gE2fdGHm9O21Fo4pXVEVwrqXlYSS9MhSWCs6jj
QNWREnVfqh4YXZ77NoZN0bQ4NoCvG0VB0OmgJwvk+ZuA2A5d2hGg4SV5cUrSNCBR
RYfCwwHnVmPVdNuhIXbnAkLyWgFLtd/6+7zJK63b+q85xiECAwEAAaNTMFEwHQYD
VR0OBBYEFC/wOhDEti3VvseJ+KAEvnnW9Kh+MB8GA1UdIwQYMBaAFC/wOhDEti3V
vseJ+KAEvnnW9Kh+MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEA
rCiXzIJ1gT8ge8qTv4QKyGOGKpIM+s1nMugJbKeqIUrVfGlR8kC6LUI/FoPC0WYL
rl/k1T26qqP5M4D7UHhLkTv48wZBUvtNFZFpLV0+OhqSe7G+fvH+zjYA4BxZJZxy
KL0O1r/GTxox5kA7p71w6xXEoNOn156V/U1qOGriO1E=
-----END CERTIFICATE-----
`

const HOOK: HookView = {
  name: 'sidecar-injector.istio.io',
  service: 'istio-system/istiod',
  port: 443,
  path: '/inject',
  caBundle: ROOT,
  failurePolicy: 'Fail',
  seesPods: true,
  selectors: '[{"matchLabels":{"istio-injection":"enabled"}},null]',
}

const INJECTOR: WebhookView = {
  name: 'istio-sidecar-injector',
  owner: { kind: 'us' },
  home: 'istio-system',
  type: 'mutating',
  hooks: [HOOK],
}
const VALIDATOR: WebhookView = {
  ...INJECTOR,
  name: 'istio-validator-istio-system',
  type: 'validating',
  hooks: [{ ...HOOK, name: 'validation.istio.io', path: '/validate', seesPods: false }],
}

const POD: PodView = {
  name: 'api-1',
  namespace: 'shop',
  labels: {},
  phase: 'Running',
  isReady: true,
  waiting: [],
  restarts: 0,
  isHostNetwork: false,
  ownerKind: 'ReplicaSet',
  sidecar: { image: 'ghcr.io/meshwork/proxy:0.1.0', isReady: true, isNative: true },
  users: [1000],
}
const GATEWAY: PodView = { ...POD, name: 'gateway-1', namespace: 'istio-system', labels: { istio: 'ingressgateway' }, sidecar: undefined }
const PILOT: PodView = { ...GATEWAY, name: 'istiod-1', labels: { app: 'istiod' } }

const PORT = { appProtocol: '', protocol: 'TCP' }
const FOREIGN = { kind: 'other', name: 'Helm release istio-base (istio-system)' } as const
const OURS = { name: 'istiod', owner: { kind: 'us' }, home: 'istio-system' } as const
const API_VERSIONS = ['apps', 'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'authentication.k8s.io', 'rbac.authorization.k8s.io']

const HEALTHY: ClusterView = {
  at: NOW,
  namespace: 'istio-system',
  revision: 'default',
  cliVersion: '0.1.0',
  api: { server: 'https://127.0.0.1:6443', problem: undefined, version: 'v1.34.4', answeredInMs: 20, clockSkewMs: 400 },
  rights: new Map(NEEDED_RIGHTS.map(right => [rightText(right), true])),
  groups: new Set([
    ...API_VERSIONS.map(group => `${group}/v1`),
    'discovery.k8s.io/v1',
    'coordination.k8s.io/v1',
    'autoscaling/v2',
    'policy/v1',
  ]),
  unreadable: new Map(),
  nodes: [{ name: 'node-1', isReady: true, os: 'linux', arch: 'amd64' }],
  namespaces: [
    { name: 'istio-system', isTerminating: false, labels: {} },
    { name: 'shop', isTerminating: false, labels: { 'istio-injection': 'enabled' } },
  ],
  definitions: ['networking', 'security', 'authentication', 'rbac', 'config'].map(group => ({
    ...OURS,
    name: `things.${group}.istio.io`,
    group: `${group}.istio.io`,
    isEstablished: true,
    versions: ['v1'],
  })),
  webhooks: [INJECTOR, VALIDATOR],
  roles: [OURS],
  bindings: [OURS],
  pods: [POD, GATEWAY, PILOT],
  services: [
    service('kube-system', 'kube-dns', [53]),
    service('istio-system', 'istiod', [443, 15012, 15014]),
    service('istio-system', 'istio-citadel', [8060]),
    { ...service('istio-system', 'istio-ingressgateway', [80]), type: 'LoadBalancer', labels: { istio: 'ingressgateway' } },
    service('shop', 'api', [80]),
  ],
  deployments: ['istiod', 'istio-citadel'].map(name => ({
    name,
    labels: {},
    wanted: 2,
    available: 2,
    images: [`ghcr.io/meshwork/${name}:0.1.0`],
  })),
  endpoints: ['istiod', 'istio-citadel', 'istio-ingressgateway'].map(name => ({ service: name, ready: 1 })),
  configMaps: [
    { name: 'istio', namespace: 'istio-system', data: { mesh: 'trustDomain: cluster.local' } },
    { name: 'istio-sidecar-injector', namespace: 'istio-system', data: { config: 'policy: enabled', values: '{}' } },
  ],
  accounts: ['istiod', 'istio-citadel'],
  budgets: ['istiod'],
  quotas: [],
  roots: [rootIn('istio-system', ROOT), rootIn('shop', ROOT)],
  pages: {
    pilotReady: { status: 200, text: 'ready\n' },
    pilotMetrics: { status: 200, text: 'pilot_xds 1\npilot_rejected_objects 0\n' },
    injector: { status: 405, text: 'POST only' },
    citadelReady: { status: 200, text: 'ready\n' },
    citadelMetrics: { status: 200, text: `citadel_server_cert_chain_expiry_timestamp ${(NOW + 365 * DAY_MS) / 1000}\n` },
  },
}

function service(namespace: string, name: string, ports: readonly number[]): ClusterView['services'][number] {
  return { name, namespace, type: 'ClusterIP', hasAddress: true, labels: {}, ports: ports.map(port => ({ ...PORT, name: 'http', port })) }
}

function rootIn(namespace: string, pem: string): ClusterView['roots'][number] {
  return { name: 'istio-ca-root-cert', namespace, data: { 'root-cert.pem': pem } }
}

const api = (change: Partial<ClusterView['api']>): Partial<ClusterView> => ({ api: { ...HEALTHY.api, ...change } })
const root = (pem: string): Partial<ClusterView> => ({ roots: [rootIn('istio-system', pem), rootIn('shop', pem)] })
const pod = (change: Partial<PodView>): Partial<ClusterView> => ({ pods: [{ ...POD, ...change }] })
const pilotPod = (change: Partial<PodView>): Partial<ClusterView> => ({ pods: [{ ...PILOT, ...change }] })
const hook = (change: Partial<HookView>, of = INJECTOR): Partial<ClusterView> => ({
  webhooks: [INJECTOR, VALIDATOR].map(each => (each === of ? { ...each, hooks: [{ ...HOOK, ...of.hooks[0], ...change }] } : each)),
})
const page = (name: keyof ClusterView['pages'], text: string, status = 200): Partial<ClusterView> => ({
  pages: { ...HEALTHY.pages, [name]: { status, text } },
})
const without = (name: string): Partial<ClusterView> => ({ services: HEALTHY.services.filter(each => each.name !== name) })
const labelled = (labels: Readonly<Record<string, string>>): Partial<ClusterView> => ({
  namespaces: [...HEALTHY.namespaces, { name: 'cart', isTerminating: false, labels }],
})
const deployments = (change: Partial<ClusterView['deployments'][number]>): Partial<ClusterView> => ({
  deployments: HEALTHY.deployments.map(each => (each.name === 'istiod' ? { ...each, ...change } : each)),
})

/** For each check what breaks it, and what the user then reads. */
const BROKEN: Readonly<Record<string, readonly [Partial<ClusterView>, RegExp]>> = {
  'api-reachable': [api({ problem: 'connect ECONNREFUSED' }), /127\.0\.0\.1:6443: connect ECONNREFUSED/],
  'api-answers-fast': [api({ answeredInMs: 5000 }), /5000 ms/],
  'clock-skew': [api({ clockSkewMs: -120_000 }), /120 s behind/],
  'lists-readable': [{ unreadable: new Map([['nodes', 'nodes is forbidden']]) }, /nodes: nodes is forbidden/],
  ...Object.fromEntries(
    [...HEALTHY.groups].map(group => [
      `api-has-${group.replaceAll(/[./]/g, '-')}`,
      [{ groups: new Set([...HEALTHY.groups].filter(each => each !== group)) }, new RegExp(group)] as const,
    ]),
  ),
  'kubernetes-version': [api({ version: 'v1.26.9' }), /v1\.26\.9/],
  'kubernetes-version-tested': [api({ version: 'v1.99.0' }), /v1\.99\.0/],
  ...Object.fromEntries(
    NEEDED_RIGHTS.map(right => [
      `can-${right.verb}-${right.resource}`,
      [
        { rights: new Map([...HEALTHY.rights, [rightText(right), false]]) },
        new RegExp(`no right to ${right.verb} ${right.resource}`),
      ] as const,
    ]),
  ),
  'nodes-ready': [{ nodes: [{ name: 'n', isReady: false, os: 'linux', arch: 'arm64' }] }, /none of 1 nodes/],
  'nodes-platform': [
    { nodes: [...HEALTHY.nodes, { name: 'win', isReady: true, os: 'windows', arch: 'amd64' }] },
    /node win is windows\/amd64/,
  ],
  'cluster-dns': [without('kube-dns'), /port 53/],
  'namespace-usable': [{ namespaces: [{ name: 'istio-system', isTerminating: true, labels: {} }] }, /istio-system is being deleted/],
  'namespace-quota': [{ quotas: ['small'] }, /ResourceQuota small/],
  'pod-security': [
    labelled({ 'istio-injection': 'enabled', 'pod-security.kubernetes.io/enforce': 'restricted' }),
    /cart enforces restricted/,
  ],
  'definitions-owner': [
    { definitions: HEALTHY.definitions.map(each => ({ ...each, owner: FOREIGN })) },
    /things\.networking\.istio\.io belongs to Helm release istio-base/,
  ],
  'injector-owner': [{ webhooks: [{ ...INJECTOR, owner: FOREIGN }, VALIDATOR] }, /istio-sidecar-injector belongs to Helm release/],
  'validator-owner': [{ webhooks: [INJECTOR, { ...VALIDATOR, owner: FOREIGN }] }, /istio-validator-istio-system belongs to Helm release/],
  'other-mesh': [
    {
      definitions: [
        ...HEALTHY.definitions,
        { ...OURS, name: 'servers.policy.linkerd.io', group: 'policy.linkerd.io', isEstablished: true, versions: [] },
      ],
    },
    /policy\.linkerd\.io/,
  ],
  'webhooks-have-services': [{ ...hook({ service: 'gone/webhook' }) }, /calls gone\/webhook/],
  'leftover-webhooks': [{ webhooks: [{ ...INJECTOR, home: 'old-mesh' }, VALIDATOR] }, /namespace old-mesh/],
  'leftover-roles': [{ roles: [OURS, { ...OURS, home: 'old-mesh' }] }, /namespace old-mesh/],
  'leftover-bindings': [{ bindings: [OURS, { ...OURS, home: 'old-mesh' }] }, /namespace old-mesh/],
  'namespace-exists': [{ namespaces: [] }, /no namespace istio-system/],
  'pilot-deployed': [{ deployments: [] }, /no Deployment istiod in istio-system/],
  'citadel-deployed': [{ deployments: [] }, /no Deployment istio-citadel/],
  'pilot-service': [without('istiod'), /no Service istiod/],
  'citadel-service': [{ services: HEALTHY.services.map(each => ({ ...each, ports: [] })) }, /istio-citadel has no port 8060/],
  'service-accounts': [{ accounts: ['istiod'] }, /no ServiceAccount istio-citadel/],
  'cluster-roles': [{ roles: [{ ...OURS, home: 'mesh-2' }] }, /no ClusterRole belongs to the mesh in istio-system/],
  'cluster-role-bindings': [{ bindings: [] }, /no ClusterRoleBinding/],
  'definitions-present': [{ definitions: [] }, /no kind of networking\.istio\.io/],
  'definitions-established': [{ definitions: HEALTHY.definitions.map(each => ({ ...each, isEstablished: false })) }, /is not established/],
  'mesh-config': [{ configMaps: HEALTHY.configMaps.slice(1) }, /no ConfigMap istio in/],
  'injection-config': [
    { configMaps: HEALTHY.configMaps.map(each => ({ ...each, data: { mesh: 'x', config: 'x' } })) },
    /istio-sidecar-injector has no values/,
  ],
  'deployments-available': [deployments({ available: 1 }), /istiod: 1 of 2/],
  'images-pulled': [pilotPod({ waiting: ['ImagePullBackOff: not found'] }), /istiod-1: ImagePullBackOff/],
  'pods-scheduled': [pilotPod({ waiting: ['Unschedulable: 0 of 3 nodes'] }), /Unschedulable/],
  'pods-not-crashing': [pilotPod({ waiting: ['CrashLoopBackOff'] }), /CrashLoopBackOff/],
  'pods-not-restarting': [pilotPod({ restarts: 9 }), /restarted 9 times/],
  'pilot-endpoints': [{ endpoints: [{ service: 'istiod', ready: 0 }] }, /istiod has no endpoint/],
  'citadel-endpoints': [{ endpoints: [] }, /istio-citadel has no endpoint/],
  'pilot-answers': [page('pilotReady', 'configuration is not read yet', 503), /503: configuration is not read yet/],
  'citadel-answers': [page('citadelReady', 'timeout', 0), /answered nothing: timeout/],
  'pilot-replicas': [
    {
      ...deployments({ wanted: 1, available: 1 }),
      nodes: ['a', 'b', 'c'].map(name => ({ name, isReady: true, os: 'linux', arch: 'amd64' })),
    },
    /istiod has 1/,
  ],
  'disruption-budgets': [{ budgets: [] }, /istiod has none/],
  'versions-alike': [deployments({ images: ['ghcr.io/meshwork/pilot:0.2.0'] }), /istiod has ghcr\.io\/meshwork\/pilot:0\.2\.0/],
  'cli-version': [{ cliVersion: '0.3.0' }, /meshctl is 0\.3\.0/],
  'injector-configured': [{ webhooks: [VALIDATOR] }, /no MutatingWebhookConfiguration/],
  'validator-configured': [{ webhooks: [INJECTOR] }, /no ValidatingWebhookConfiguration/],
  'injector-ca-bundle': [hook({ caBundle: OTHER_ROOT }), /is not the root of the mesh/],
  'validator-ca-bundle': [hook({ caBundle: '' }, VALIDATOR), /has no caBundle/],
  'injector-service': [hook({ port: 9443 }), /istiod:9443, which is not there/],
  'validator-service': [hook({ service: 'istio-system/gone' }, VALIDATOR), /gone:443, which is not there/],
  'injector-fails-closed': [hook({ failurePolicy: 'Ignore' }), /failurePolicy is Ignore/],
  'injector-selects': [hook({ selectors: '[null,null]' }), /selects everything/],
  'injector-once': [{ webhooks: [INJECTOR, VALIDATOR, { ...INJECTOR, name: 'second' }] }, /second/],
  'injector-reachable': [page('injector', 'dial tcp: i/o timeout', 503), /port 15017: dial tcp: i\/o timeout/],
  'root-published': [{ roots: [] }, /no ConfigMap istio-ca-root-cert/],
  'root-readable': [root('no certificate'), /./],
  'root-valid': [root(FUTURE_ROOT), /valid from 2026-01-02/],
  'root-valid-for-60-days': [root(ROOT_OF_30_DAYS), /in 30 days/],
  'root-valid-for-7-days': [root(ROOT_OF_3_DAYS), /in 3 days/],
  'root-is-authority': [root(LEAF), /no certificate of an authority/],
  'root-algorithm': [root(WEAK_ROOT), /RSA with 1024 bits/],
  'root-in-all-namespaces': [{ roots: [rootIn('istio-system', ROOT)] }, /namespace shop has none/],
  'root-same-everywhere': [{ roots: [rootIn('istio-system', ROOT), rootIn('shop', OTHER_ROOT)] }, /namespace shop has another/],
  'issuer-valid-for-60-days': [
    page('citadelMetrics', `citadel_server_cert_chain_expiry_timestamp ${(NOW + 3 * DAY_MS) / 1000}\n`),
    /2026-01-04/,
  ],
  'citadel-signs': [page('citadelMetrics', 'citadel_server_csr_sign_err_count 3\n'), /3 times/],
  'citadel-knows-callers': [page('citadelMetrics', 'citadel_server_authentication_failure_count 2\n'), /2 times/],
  'sidecars-ready': [pod({ sidecar: { image: 'proxy:0.1.0', isReady: false, isNative: true } }), /shop\/api-1/],
  'sidecars-version': [pod({ sidecar: { image: 'proxy:0.0.9', isReady: true, isNative: true } }), /api-1 has proxy:0\.0\.9/],
  'pods-injected': [pod({ sidecar: undefined }), /shop\/api-1/],
  'namespace-labels': [labelled({ 'istio-injection': 'enabled', 'istio.io/rev': 'canary' }), /namespace cart/],
  'revisions-exist': [labelled({ 'istio.io/rev': 'canary' }), /cart names canary/],
  'host-network': [pod({ isHostNetwork: true }), /shop\/api-1/],
  'user-1337': [pod({ users: [1337] }), /shop\/api-1/],
  'jobs-complete': [pod({ ownerKind: 'Job', sidecar: { image: 'proxy:0.1.0', isReady: true, isNative: false } }), /shop\/api-1/],
  'proxies-connected': [
    { ...deployments({ wanted: 1 }), ...page('pilotMetrics', 'pilot_xds 0\n') },
    /1 sidecars are ready, 0 are connected/,
  ],
  'proxies-accept': [page('pilotMetrics', 'pilot_total_xds_rejects{type="cds"} 4\n'), /4 refusals/],
  'objects-accepted': [page('pilotMetrics', 'pilot_rejected_objects 1\n'), /1 objects are refused/],
  'routes-lead-somewhere': [page('pilotMetrics', 'pilot_route_nocluster 2\n'), /2 routes/],
  'port-names': [
    { services: [...HEALTHY.services, { ...service('shop', 'odd', [9000]), ports: [{ ...PORT, name: 'main', port: 9000 }] }] },
    /shop\/odd port 9000/,
  ],
  'gateways-ready': [{ pods: [{ ...GATEWAY, isReady: false }] }, /istio-system\/gateway-1/],
  'gateways-address': [{ services: HEALTHY.services.map(each => ({ ...each, hasAddress: false })) }, /istio-ingressgateway waits/],
  'gateways-endpoints': [{ endpoints: [{ service: 'istio-ingressgateway', ready: 0 }] }, /istio-ingressgateway has none/],
}

function checkNamed(name: string): Check {
  const check = CHECKS.find(each => each.name === name)
  if (check === undefined) throw new Error(`there is no check ${name}`)
  return check
}

describe('checks', () => {
  it('are all right in a cluster that is', () => {
    const wrong = CHECKS.map(check => runCheck(check, HEALTHY)).filter(({ outcome }) => outcome !== 'ok')
    expect(wrong.map(({ name, problems }) => [name, problems])).toEqual([])
  })

  it.each(CHECKS.map(({ name }) => name))('%s is wrong when it is broken', name => {
    const [change, message] = BROKEN[name] ?? [{}, /there is no broken view for it/]
    const check = checkNamed(name)
    const result = runCheck(check, { ...HEALTHY, ...change })
    expect(result.outcome).toBe(check.level)
    expect(result.problems.join('\n')).toMatch(message)
  })

  it('are sixty or more, with names and codes of their own and words for all', () => {
    expect(CHECKS.length).toBeGreaterThanOrEqual(60)
    expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length)
    expect(new Set(CHECKS.map(({ code }) => code)).size).toBe(CHECKS.length)
    for (const { code, reason, remedy, title } of CHECKS) {
      expect(code).toMatch(/^MC\d{4}$/)
      expect([reason, remedy, title].every(text => text.length > 10)).toBe(true)
    }
  })

  it('look for pilot under the names of the revision, where the default one is gone', () => {
    const next = (name: string): string => (name === 'istiod' ? 'istiod-next' : name)
    const view: ClusterView = {
      ...HEALTHY,
      revision: 'next',
      accounts: HEALTHY.accounts.map(next),
      services: HEALTHY.services.map(each => ({ ...each, name: next(each.name) })),
      deployments: HEALTHY.deployments.map(each => ({ ...each, name: next(each.name) })),
      endpoints: HEALTHY.endpoints.map(each => ({ ...each, service: next(each.service) })),
      configMaps: HEALTHY.configMaps.map(each => (each.namespace === 'istio-system' ? { ...each, name: `${each.name}-next` } : each)),
    }
    const wrong = CHECKS.filter(({ group }) => group === checkNamed('service-accounts').group).map(check => runCheck(check, view))
    expect(wrong.filter(({ outcome }) => outcome !== 'ok').map(({ name, problems }) => [name, problems])).toEqual([])
  })

  it('accept a root that is about to expire while another one is there', () => {
    expect(runCheck(checkNamed('root-valid-for-7-days'), { ...HEALTHY, ...root(ROOT_OF_3_DAYS + ROOT) }).outcome).toBe('ok')
    expect(runCheck(checkNamed('root-valid'), { ...HEALTHY, ...root(EXPIRED_ROOT) }).problems).toEqual(['it expired on 2025-12-31'])
  })

  it('are skipped, with the reason, when what they need cannot be read', () => {
    const view = { ...HEALTHY, unreadable: new Map([['pods', 'pods is forbidden']] as const) }
    expect(runCheck(checkNamed('sidecars-ready'), view)).toMatchObject({ outcome: 'skipped', problems: ['pods: pods is forbidden'] })
    expect(runCheck(checkNamed('nodes-ready'), view).outcome).toBe('ok')
  })

  it('say one thing about a cluster that does not answer', () => {
    const outcomes = runChecks({ ...HEALTHY, ...api({ problem: 'timeout' }) }, 'pre').map(({ outcome }) => outcome)
    expect(outcomes.filter(each => each === 'error')).toHaveLength(1)
    expect(new Set(outcomes)).toEqual(new Set(['error', 'skipped']))
  })

  it('name the first problems of many', () => {
    const pods = Array.from({ length: 50 }, (_, index) => ({ ...POD, name: `pod-${index}`, sidecar: undefined }))
    const { problems } = runCheck(checkNamed('pods-injected'), { ...HEALTHY, pods })
    expect(problems).toHaveLength(MOST_PROBLEMS + 1)
    expect(problems.at(-1)).toBe('and 40 more')
  })
})
