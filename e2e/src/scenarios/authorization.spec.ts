import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import { LocalMesh } from '../backend/local/local-backend.ts'
import type { Mesh, MeshRequest } from '../backend/mesh.ts'
import { echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, BEN, ECHO } from '../mesh/shop.ts'
import { TokenIssuer } from '../mesh/token-issuer.ts'

const issuer = new TokenIssuer('https://issuer.example')
const token = issuer.token('ann', { aud: ['web'], azp: 'app', realm: { role: 'lead' }, groups: ['x', 'admins'] })
const TOKEN = { authorization: `Bearer ${token}` }

/** `guard` is the application that decides for CUSTOM policies. */
const MESH_CONFIG = `
apiVersion: meshwork.dev/v1
kind: MeshConfig
metadata: {name: default}
spec:
  accessLogFile: /dev/stdout
  extensionProviders:
  - name: guard
    envoyExtAuthzHttp: {service: guard.default.svc.cluster.local, port: 8000, timeout: 2s, includeRequestHeadersInCheck: [x-echo, x-user], headersToUpstreamOnAllow: [x-echo-name], headersToDownstreamOnDeny: [x-echo-name]}
  - name: slow
    envoyExtAuthzHttp: {service: guard.default.svc.cluster.local, port: 8000, timeout: 0.2s, statusOnError: "503", includeRequestHeadersInCheck: [x-echo]}
  - name: slow-open
    envoyExtAuthzHttp: {service: guard.default.svc.cluster.local, port: 8000, timeout: 0.2s, failOpen: true, includeRequestHeadersInCheck: [x-echo]}
`

const TOKENS = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: default}
spec: {selector: {matchLabels: {app: echo}}, jwtRules: [{issuer: "${issuer.name}", jwks: '${issuer.keys}'}]}
`

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start({
    name: 'authorization',
    services: ['ann', 'ben', 'echo', 'guard'].map(name => ({ name, port: 8000, versions: ['v1'] })),
    config: { mesh: MESH_CONFIG, tokens: TOKENS },
  })
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

function policy(name: string, spec: string, namespace: string = 'default'): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
`
}

const SELECTOR = 'selector: {matchLabels: {app: echo}}'

/** Who asks: two members of the mesh, and somebody without a proxy. */
type Caller = typeof ANN | typeof BEN | 'stranger'

async function status(caller: Caller, request: Omit<MeshRequest, 'host'> & { readonly host?: string }): Promise<number> {
  const whole = { host: ECHO, ...request }
  return (await (caller === 'stranger' ? mesh.requestWithoutProxy('echo-v1', whole) : mesh.request(caller, whole))).status
}

/** Replaces the policies, and waits until everybody's connections know of them: one path that only they allow, one that they deny. */
let rounds = 0
async function inForce(...policies: readonly string[]): Promise<void> {
  const round = ++rounds
  const yes = policy('yes', `{${SELECTOR}, rules: [{to: [{operation: {paths: ["/yes-${round}"]}}]}]}`)
  const no = policy('no', `{${SELECTOR}, action: DENY, rules: [{to: [{operation: {paths: ["/no-${round}"]}}]}]}`)
  await mesh.apply('policies', [...policies, yes, no].join('\n---\n'))
  await eventually(async () => {
    for (const caller of [ANN, BEN, 'stranger'] as const) {
      expect(await status(caller, { path: `/yes-${round}` })).toBe(200)
      expect(await status(caller, { path: `/no-${round}` })).toBe(403)
    }
  })
}

/** One rule of an ALLOW for each case, told apart by path, and what it makes of a request to that path. */
interface FieldCase {
  readonly rule: string
  readonly passes: readonly (readonly [Caller, Partial<MeshRequest>])[]
  readonly refused: readonly (readonly [Caller, Partial<MeshRequest>])[]
}

async function expectFields(cases: readonly FieldCase[], withPaths: (rule: string, path: string) => string): Promise<void> {
  const rules = cases.map(({ rule }, i) => withPaths(rule, `/case-${i}`))
  await inForce(policy('cases', `{${SELECTOR}, rules: [${rules.join(', ')}]}`))
  const found: string[] = []
  for (const [i, { rule, passes, refused }] of cases.entries()) {
    for (const [caller, request] of passes)
      found.push(...(await differs(caller, { path: `/case-${i}`, ...request }, 200, `${rule} ${JSON.stringify(request)}`)))
    for (const [caller, request] of refused)
      found.push(...(await differs(caller, { path: `/case-${i}`, ...request }, 403, `${rule} ${JSON.stringify(request)}`)))
  }
  expect(found).toEqual([])
}

async function differs(caller: Caller, request: Partial<MeshRequest>, wanted: number, what: string): Promise<readonly string[]> {
  const got = await status(caller, request)
  return got === wanted ? [] : [`${caller} ${what}: ${got} instead of ${wanted}`]
}

it('[security-72] knows callers by every field of a source, each with its opposite, also without a certificate', async () => {
  const all: FieldCase['passes'] = [
    [ANN, {}],
    [BEN, {}],
    ['stranger', {}],
  ]
  const only = (rule: string, ...callers: readonly Caller[]): FieldCase => ({
    rule,
    passes: all.filter(([caller]) => callers.includes(caller)),
    refused: all.filter(([caller]) => !callers.includes(caller)),
  })
  const withToken: FieldCase['passes'] = [[ANN, { headers: TOKEN }]]
  const without: FieldCase['passes'] = [[ANN, {}]]
  await expectFields(
    [
      only('principals: [cluster.local/ns/default/sa/ann]', ANN),
      only('notPrincipals: ["*/sa/ann"]', BEN, 'stranger'),
      { rule: `requestPrincipals: ["${issuer.name}/ann"]`, passes: withToken, refused: without },
      { rule: 'notRequestPrincipals: ["*"]', passes: without, refused: withToken },
      only('namespaces: [default]', ANN, BEN),
      only('notNamespaces: [default]', 'stranger'),
      only('serviceAccounts: [ben]', BEN),
      only('notServiceAccounts: [default/ben]', ANN, 'stranger'),
      only('trustDomains: [cluster.local]', ANN, BEN),
      only('notTrustDomains: [cluster.local]', 'stranger'),
      only('ipBlocks: [127.0.0.0/8]', ANN, BEN, 'stranger'),
      only('notIpBlocks: [127.0.0.0/8]'),
      { rule: 'remoteIpBlocks: [9.9.9.9]', passes: [['stranger', { headers: { 'x-forwarded-for': '9.9.9.9' } }]], refused: all },
      { rule: 'notRemoteIpBlocks: [9.9.9.9]', passes: all, refused: [['stranger', { headers: { 'x-forwarded-for': '9.9.9.9' } }]] },
    ],
    (rule, path) => `{from: [{source: {${rule}}}], to: [{operation: {paths: ["${path}"]}}]}`,
  )
})

it('[security-73] knows requests by every field of an operation, each with its opposite', async () => {
  if (!(mesh instanceof LocalMesh)) return
  const port = mesh.port('sidecar/echo-v1', 'inbound')
  const host = (name: string): readonly [Caller, Partial<MeshRequest>] => ['stranger', { host: name }]
  const method = (name: string): readonly [Caller, Partial<MeshRequest>] => [ANN, { method: name }]
  await expectFields(
    [
      {
        rule: 'hosts: ["a.example", "*.b.example", "c.*"]',
        passes: [host('A.Example'), host('x.b.example'), host('c.any')],
        refused: [host('a.example:80'), host('b.example'), host('xc.any'), host('a.example.')],
      },
      { rule: 'notHosts: ["a.example"]', passes: [host('b.example')], refused: [host('a.example'), host('A.EXAMPLE')] },
      { rule: `ports: ["${port}"]`, passes: [[ANN, {}]], refused: [] },
      { rule: 'ports: ["8000"]', passes: [], refused: [[ANN, {}]] },
      { rule: `notPorts: ["${port}"]`, passes: [], refused: [[ANN, {}]] },
      { rule: 'methods: [PUT, "P*"]', passes: [method('PUT'), method('POST')], refused: [method('GET')] },
      { rule: 'notMethods: [GET]', passes: [method('POST')], refused: [method('GET')] },
    ],
    (rule, path) => `{to: [{operation: {${rule}, paths: ["${path}"]}}]}`,
  )
  await inForce(
    policy(
      'paths',
      `{${SELECTOR}, rules: [{to: [{operation: {paths: ["/exact", "/pre/*", "*.css", "/t/{*}/end", "/deep/{**}"], notPaths: ["/pre/private*"]}}]}]}`,
    ),
  )
  for (const path of ['/exact', '/exact?x=/other', '/pre/a', '/a/b.css', '/t/1/end', '/deep/a/b', '/x/../exact'])
    expect([path, await status(ANN, { path })]).toEqual([path, 200])
  for (const path of ['/exactly', '/other?x=/exact', '/pre', '/pre/private/x', '/x/../pre/private', '/t/1/2/end', '/deep', '/a.css/b'])
    expect([path, await status(ANN, { path })]).toEqual([path, 403])
})

it('[security-74] holds requests against every kind of condition, by values and by their opposites', async () => {
  if (!(mesh instanceof LocalMesh)) return
  const port = mesh.port('sidecar/echo-v1', 'inbound')
  const plain: FieldCase['passes'] = [['stranger', {}]]
  const ann: FieldCase['passes'] = [[ANN, {}]]
  const ben: FieldCase['passes'] = [[BEN, {}]]
  const holder: FieldCase['passes'] = [[ANN, { headers: TOKEN }]]
  const xff: FieldCase['passes'] = [['stranger', { headers: { 'x-forwarded-for': '9.9.9.9' } }]]
  const header = (value: string): FieldCase['passes'] => [[ANN, { headers: { 'x-a': value } }]]
  /** Who has the value, and who has not. */
  const keys: readonly (readonly [key: string, value: string, has: FieldCase['passes'], hasNot: FieldCase['passes']])[] = [
    ['request.headers[X-A]', 'one', header('one'), header('two')],
    ['request.headers[x-a]', 'pre*', header('prefix'), [...ann, ...header('apre')]],
    ['source.ip', '127.0.0.0/8', [...ann, ...plain], []],
    ['remote.ip', '9.9.9.9', xff, plain],
    ['source.namespace', 'default', [...ann, ...ben], plain],
    ['source.principal', 'cluster.local/ns/default/sa/ann', ann, [...ben, ...plain]],
    ['source.serviceAccount', 'ann', ann, [...ben, ...plain]],
    ['source.trustDomain', 'cluster.local', ann, plain],
    ['request.auth.principal', `${issuer.name}/ann`, holder, ann],
    ['request.auth.audiences', 'web', holder, ann],
    ['request.auth.presenter', 'app', holder, ann],
    ['request.auth.claims[groups]', 'admins', holder, ann],
    ['request.auth.claims[realm][role]', 'le*', holder, ann],
    ['destination.ip', '127.0.0.1', ann, []],
    ['destination.port', String(port), ann, []],
    ['connection.sni', '*', ann, plain],
    ['experimental.envoy.filters.http.jwt_authn[nothing]', 'x', [], ann],
  ]
  await expectFields(
    keys.flatMap(([key, value, has, hasNot]) => [
      { rule: `{key: "${key}", values: ["${value}"]}`, passes: has, refused: hasNot },
      { rule: `{key: "${key}", notValues: ["${value}"]}`, passes: hasNot, refused: has },
    ]),
    (rule, path) => `{to: [{operation: {paths: ["${path}"]}}], when: [${rule}]}`,
  )
})

it('[security-71] nothing said denies, an empty rule means everybody', async () => {
  await inForce(policy('nothing', `{${SELECTOR}}`))
  expect(await status(ANN, {})).toBe(403)
  await inForce(policy('everybody', `{${SELECTOR}, rules: [{}]}`))
  expect(await status('stranger', {})).toBe(200)
  await mesh.apply('policies', policy('nobody', `{${SELECTOR}, action: DENY, rules: [{}]}`))
  await eventually(async () => expect(await status(ANN, {})).toBe(403))
})

it('[security-75] a policy of the root namespace is for all workloads, and adds to their own', async () => {
  await inForce(policy('wide', '{rules: [{to: [{operation: {paths: ["/wide"]}}]}]}', 'istio-system'))
  expect(await status(ANN, { path: '/wide' })).toBe(200)
  expect((await mesh.request(ANN, { host: 'ben:8000', path: '/wide' })).status).toBe(200)
  expect((await mesh.request(ANN, { host: 'ben:8000', path: '/own' })).status).toBe(403)
  await inForce(
    policy('wide', '{rules: [{to: [{operation: {paths: ["/wide"]}}]}]}', 'istio-system'),
    policy('ben', '{selector: {matchLabels: {app: ben}}, rules: [{to: [{operation: {paths: ["/own"]}}]}]}'),
  )
  await eventually(async () => expect((await mesh.request(ANN, { host: 'ben:8000', path: '/own' })).status).toBe(200))
})

it('[security-82] each line of a repeated header counts, in either order', async () => {
  await inForce(
    policy('all', `{${SELECTOR}, rules: [{}]}`),
    policy('bad', `{${SELECTOR}, action: DENY, rules: [{when: [{key: "request.headers[x-role]", values: [bad]}]}]}`),
  )
  for (const roles of [
    ['bad', 'good'],
    ['good', 'bad'],
  ])
    expect(await status(ANN, { headers: { 'x-role': roles } })).toBe(403)
  expect(await status(ANN, { headers: { 'x-role': ['good', 'fine'] } })).toBe(200)
})

function custom(provider: string, path: string): string {
  return policy(
    `custom-${provider}`,
    `{${SELECTOR}, action: CUSTOM, provider: {name: ${provider}}, rules: [{to: [{operation: {paths: ["${path}"]}}]}]}`,
  )
}

it('[security-70] who decides for others comes first, then what denies, then what allows', async () => {
  await inForce(
    custom('guard', '/asked*'),
    policy('deny', `{${SELECTOR}, action: DENY, rules: [{to: [{operation: {paths: ["*/denied"]}}]}]}`),
    policy('allow', `{${SELECTOR}, rules: [{to: [{operation: {paths: ["/asked*", "/free*"]}}]}]}`),
  )
  const guarded = async (path: string, word: string): Promise<number> => status(ANN, { path, headers: { 'x-echo': word } })
  expect(await guarded('/asked', '200')).toBe(200)
  // The guard's own status, before the DENY that matches too.
  expect(await guarded('/asked/denied', '418')).toBe(418)
  expect(await guarded('/asked/denied', '200')).toBe(403)
  expect(await status(ANN, { path: '/free/denied' })).toBe(403)
  expect(await status(ANN, { path: '/free' })).toBe(200)
  expect(await status(ANN, { path: '/else' })).toBe(403)
})

it('[security-79] a service allows, refuses with its own answer, changes requests; when it is late it depends', async () => {
  await inForce(
    policy('all', `{${SELECTOR}, rules: [{}]}`),
    custom('guard', '/guard'),
    custom('slow', '/slow'),
    custom('slow-open', '/open'),
  )
  expect(await status(ANN, { path: '/slow', headers: { 'x-echo': '200@1000' } })).toBe(503)
  const allowed = await mesh.request(ANN, { host: ECHO, path: '/guard', headers: { 'x-user': 'ann' } })
  expect(echoed(allowed).headers['x-echo-name']).toBe('guard-v1')
  const refused = await mesh.request(ANN, { host: ECHO, path: '/guard', headers: { 'x-echo': '401' } })
  expect([refused.status, refused.headers['x-echo-name']]).toEqual([401, 'guard-v1'])
  expect(refused.body).toContain('"name":"guard-v1"')
  expect(await status(ANN, { path: '/open', headers: { 'x-echo': '200@1000' } })).toBe(200)
  expect(await status(ANN, { path: '/open', headers: { 'x-echo': '403' } })).toBe(403)
})

it('[security-80] requests for a service that nobody has declared are refused, others are not', async () => {
  await mesh.apply('policies', [policy('all', `{${SELECTOR}, rules: [{}]}`), custom('nobody', '/asked')].join('\n---\n'))
  await eventually(async () => {
    expect(await status(ANN, { path: '/asked' })).toBe(403)
    expect(await status(ANN, { path: '/free' })).toBe(200)
  })
})
