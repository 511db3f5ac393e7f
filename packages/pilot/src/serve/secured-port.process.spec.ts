import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChannelCredentials, credentials, status } from '@grpc/grpc-js'
import { createTestCa, createTestTokenIssuer, type TestCa } from '@meshwork/testkit/ca'
import { freePorts } from '@meshwork/testkit/net'
import { type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { CLUSTER_TYPE } from '@meshwork/xds/types'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RawAdsClient, type RawAdsOptions } from './testdata/raw-ads-client.ts'

const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: reviews, namespace: shop}\nspec: {ports: [{name: http, port: 9080}]}\n'
const folder = mkdtempSync(join(tmpdir(), 'meshwork-secured-'))
const tokens = createTestTokenIssuer()

let ca: TestCa
let pilot: Child
let address = ''

beforeAll(async () => {
  ca = await createTestCa()
  const { certificateChainPem, privateKeyPem } = await ca.issue('istiod.istio-system.svc')
  const [secure = 0, plain = 0, http = 0] = await freePorts(3)
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const args = [
    ...['--config-dir', file('service.yaml', SERVICE), '--xds-address', `127.0.0.1:${plain}`, '--http-address', `127.0.0.1:${http}`],
    ...['--secure-xds-address', `127.0.0.1:${secure}`, '--tls-client-roots', file('root.pem', ca.rootPem)],
    ...['--tls-certificate', file('chain.pem', certificateChainPem), '--tls-key', file('key.pem', privateKeyPem)],
    ...['--jwks-file', file('jwks.json', tokens.keySet), '--token-issuer', 'https://tokens.test'],
  ]
  pilot = startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args })
  address = `127.0.0.1:${secure}`
  await pilot.whenReady()
})

afterAll(async () => {
  await pilot?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Credentials of whoever holds a certificate for this name from this authority. */
async function certificate(name: string, authority: TestCa = ca): Promise<ChannelCredentials> {
  const { certificateChainPem, privateKeyPem } = await authority.issue(name)
  return credentials.createSsl(Buffer.from(ca.rootPem), Buffer.from(privateKeyPem), Buffer.from(certificateChainPem))
}

function withoutCertificate(): ChannelCredentials {
  return credentials.createSsl(Buffer.from(ca.rootPem))
}

/** What a sidecar in `namespace` says of itself, `claims` last. */
function node(namespace: string, claims: Readonly<Record<string, string>> = {}): readonly [string, Readonly<Record<string, string>>] {
  return [`sidecar~10.1.1.1~app-1.${namespace}~${namespace}.svc.cluster.local`, { NAMESPACE: namespace, ...claims }]
}

/** Asks for all clusters: `served`, or why not. */
async function ask([id, metadata]: ReturnType<typeof node>, options: RawAdsOptions): Promise<string> {
  const client = new RawAdsClient(address, id, { ...options, metadata })
  try {
    client.subscribe(CLUSTER_TYPE)
    const answer = await Promise.race([client.next(), client.failure()])
    if ('resources' in answer) return answer.resources.length > 0 ? 'served' : 'served nothing'
    return `${status[answer.code]}: ${answer.details}`
  } finally {
    client.close()
  }
}

const REFUSED = /^PERMISSION_DENIED: node '.*' says it is a workload of namespace '.*', but its (certificate|token) is for spiffe:.*$/

it('[security-26] a proxy gets the configuration of the namespace in its certificate, and of no other', async () => {
  const mine = { credentials: await certificate('spiffe://cluster.local/ns/shop/sa/app') }
  expect(await ask(node('shop'), mine)).toBe('served')
  expect(await ask(node('shop', { SERVICE_ACCOUNT: 'app' }), mine)).toBe('served')
  expect(await ask(node('bank'), mine)).toMatch(REFUSED)
  // The node id says one thing, its metadata another: what counts for the configuration counts here.
  expect(await ask([node('shop')[0], node('bank')[1]], mine)).toMatch(REFUSED)
  expect(await ask([node('bank')[0], {}], mine)).toMatch(REFUSED)
  expect(await ask(node('shop', { SERVICE_ACCOUNT: 'cashier' }), mine)).toMatch(/^PERMISSION_DENIED: .* service account 'cashier'/)
})

it('[security-26] without a certificate, the token says who a proxy is', async () => {
  const mine = { credentials: withoutCertificate(), token: tokens.token('shop', 'app') }
  expect(await ask(node('shop'), mine)).toBe('served')
  expect(await ask(node('bank'), mine)).toMatch(REFUSED)
  expect(await ask(node('shop', { SERVICE_ACCOUNT: 'cashier' }), mine)).toMatch(/^PERMISSION_DENIED/)
})

it('[security-26] a certificate goes before a token, so that one cannot be used to be two', async () => {
  const both = { credentials: await certificate('spiffe://cluster.local/ns/shop/sa/app'), token: tokens.token('bank', 'cashier') }
  expect(await ask(node('shop'), both)).toBe('served')
  expect(await ask(node('bank'), both)).toMatch(REFUSED)
})

it('[security-26] who proves nothing is told so, before anything else', async () => {
  const foreign = await certificate('spiffe://cluster.local/ns/shop/sa/app', await createTestCa())
  const otherDomain = await certificate('spiffe://elsewhere.test/ns/shop/sa/app')
  for (const [options, reason] of [
    [{ credentials: withoutCertificate() }, 'a certificate, or a token, is needed'],
    [{ credentials: foreign }, 'a certificate, or a token, is needed'],
    [{ credentials: otherDomain }, "trust domain 'elsewhere.test' is not 'cluster.local'"],
    [{ credentials: withoutCertificate(), token: tokens.token('shop', 'app', { audience: 'elsewhere' }) }, 'token: '],
    [{ credentials: withoutCertificate(), token: tokens.token('shop', 'app', { lifetimeSeconds: -60 }) }, 'token: '],
    [{ credentials: withoutCertificate(), token: createTestTokenIssuer().token('shop', 'app') }, 'token: '],
  ] as const) {
    expect(await ask(node('shop'), options)).toMatch(new RegExp(`^UNAUTHENTICATED: .*${reason}`))
  }
})
