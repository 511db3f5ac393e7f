import { once } from 'node:events'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, TLSSocket } from 'node:tls'

import { status } from '@grpc/grpc-js'
import { CitadelProcess } from '@meshwork/testkit/ca'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const CITADEL = builtProgram('citadel/main')

const DAY_S = 86_400n
const OWN = 'spiffe://cluster.local/ns/default/sa/a'

let citadel: CitadelProcess
beforeAll(async () => {
  citadel = await CitadelProcess.start(CITADEL)
})
afterAll(() => citadel[Symbol.asyncDispose]())

function token(): string {
  return citadel.issuer.token('default', 'a')
}

/** The leaf that today's API gives the account `a` for `csr`. */
async function issue(csr: string, seconds = 0n): Promise<string> {
  const reply = await citadel.createCertificate(csr, { token: token(), seconds })
  if (!('value' in reply)) throw new Error(`refused: ${reply.code} ${reply.details}`)
  return reply.value.certChain[0] ?? ''
}

function lifetimeSeconds(pem: string): number {
  const [, from, to] = /Not Before: (.*)\n\s+Not After : (.*)\n/.exec(citadel.opensslText(pem)) ?? []
  return (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000 - 120
}

interface Workload {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

/** What a workload of `authority` has for its TLS contexts. */
async function workloadOf(authority: CitadelProcess): Promise<Workload> {
  const reply = await authority.createCertificate(authority.opensslRequest(), { token: authority.issuer.token('default', 'a') })
  if (!('value' in reply)) throw new Error(reply.details)
  return { cert: reply.value.certChain[0] ?? '', key: readFileSync(authority.path('key.pem'), 'utf8'), ca: authority.rootPem() }
}

/** The names in the certificate that `client` shows to `server` in a mutual handshake. */
async function handshake(server: Workload, client: Workload): Promise<string | undefined> {
  const listener = createServer({ ...server, requestCert: true, rejectUnauthorized: true })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const socket = connect({ ...client, host: '127.0.0.1', port, checkServerIdentity: () => undefined })
  try {
    const [accepted] = await once(listener, 'secureConnection')
    return accepted instanceof TLSSocket ? accepted.getPeerCertificate().subjectaltname : undefined
  } finally {
    socket.destroy()
    listener.close()
  }
}

describe('both certificate APIs', () => {
  it('[security-19] today’s gives a chain that OpenSSL verifies, the root last', async () => {
    const reply = await citadel.createCertificate(citadel.opensslRequest(), { token: token() })
    const chain = 'value' in reply ? reply.value.certChain : []
    expect(chain).toHaveLength(2)
    expect(chain[1]).toBe(citadel.rootPem())
    expect(citadel.opensslVerify(chain[0] ?? '', 'sslserver')).toContain('OK')
    expect(citadel.opensslVerify(chain[0] ?? '', 'sslclient')).toContain('OK')
  })

  it('[security-19] that of 1.0 gives a certificate that OpenSSL verifies', async () => {
    const reply = await citadel.handleCsr(citadel.opensslRequest(), { token: token(), minutes: 5 })
    expect(reply).toMatchObject({ code: 0, value: { isApproved: true, status: { code: 0 } } })
    const leaf = 'value' in reply ? Buffer.from(reply.value.signedCert).toString() : ''
    expect(citadel.opensslVerify(leaf, 'sslclient')).toContain('OK')
    expect(lifetimeSeconds(leaf)).toBe(300)
  })

  it('issues what an X.509-SVID must be', async () => {
    const text = citadel.opensslText(await issue(citadel.opensslRequest('-newkey', 'rsa:2048')))
    expect(text).toMatch(new RegExp(`Subject Alternative Name: critical\\s+URI:${OWN}\\n`))
    expect(text).toMatch(/Subject: *\n/)
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment\n/)
    expect(text).toMatch(/Extended Key Usage: *\s+TLS Web Server Authentication, TLS Web Client Authentication\n/)
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE\n/)
    const [, start] = /Not Before: (.*)\n/.exec(text) ?? []
    expect(Date.parse(start ?? '')).toBeLessThanOrEqual(Date.now() - 120_000)
  })
})

describe('names', () => {
  it.each(['createCertificate', 'handleCsr'] as const)('[security-13] denies the name of another account, %s', async method => {
    const csr = citadel.opensslRequest('-addext', 'subjectAltName=URI:spiffe://cluster.local/ns/default/sa/b')
    expect(await citadel[method](csr, { token: token() })).toMatchObject({ code: status.PERMISSION_DENIED })
  })

  it.each(['DNS:reviews', 'IP:127.0.0.1', `URI:${OWN},DNS:reviews`, 'email:a@example.com', 'otherName:1.2.3.4;UTF8:x'])(
    '[security-14] denies names beside the own identity: %s',
    async names => {
      const csr = citadel.opensslRequest('-addext', `subjectAltName=${names}`)
      expect(await citadel.createCertificate(csr, { token: token() })).toMatchObject({ code: status.PERMISSION_DENIED })
    },
  )

  it('[security-14] takes nothing but the key from a request: no CA flag, usages or subject', async () => {
    const csr = citadel.opensslRequest(
      ...['-subj', '/CN=admin/O=system:masters', '-addext', 'basicConstraints=critical,CA:TRUE'],
      ...['-addext', 'keyUsage=keyCertSign,cRLSign', '-addext', 'extendedKeyUsage=codeSigning', '-addext', `subjectAltName=URI:${OWN}`],
    )
    const text = citadel.opensslText(await issue(csr))
    expect(text).toContain('CA:FALSE')
    expect(text).toMatch(/Subject: *\n/)
    expect(text).not.toMatch(/Certificate Sign|Code Signing|masters|CA:TRUE/)
    expect(text).toMatch(new RegExp(`Subject Alternative Name: critical\\s+URI:${OWN}\\n`))
  })
})

describe('keys and signatures', () => {
  it('[security-15] refuses a request with one byte changed', async () => {
    const lines = citadel.opensslRequest().trim().split('\n')
    const der = Buffer.from(lines.slice(1, -1).join(''), 'base64')
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1
    const csr = `${lines[0]}\n${der.toString('base64')}\n${lines.at(-1)}\n`
    const reply = await citadel.createCertificate(csr, { token: token() })
    expect(reply).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('signature') })
  })

  it('[security-15] refuses RSA keys of 1024 bits', async () => {
    const reply = await citadel.createCertificate(citadel.opensslRequest('-newkey', 'rsa:1024'), { token: token() })
    expect(reply).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('1024 bits') })
  })

  it.each([
    ['rubbish', 'rubbish'],
    ['nothing', ''],
    ['too much', 'x'.repeat(20_000)],
  ])('refuses %s', async (_, csr) => {
    expect(await citadel.createCertificate(csr, { token: token() })).toMatchObject({ code: status.INVALID_ARGUMENT })
  })

  it('refuses messages far larger than any request', async () => {
    expect(await citadel.createCertificate('x'.repeat(100_000), { token: token() })).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
  })
})

describe('lifetimes', () => {
  it('[security-16] gives the default when none is asked for, and what is asked for up to the maximum', async () => {
    const csr = citadel.opensslRequest()
    expect(lifetimeSeconds(await issue(csr))).toBe(86_400)
    expect(lifetimeSeconds(await issue(csr, -5n))).toBe(86_400)
    expect(lifetimeSeconds(await issue(csr, 90n * DAY_S))).toBe(90 * 86_400)
  })

  it.each([90n * DAY_S + 1n, 2n ** 63n - 1n])('[security-16] refuses %d s', async seconds => {
    const reply = await citadel.createCertificate(citadel.opensslRequest(), { token: token(), seconds })
    expect(reply).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('maximum') })
  })

  it('[security-16] never goes beyond the signer', async () => {
    await using shortLived = await CitadelProcess.start(CITADEL, '--root-ttl', '1h', '--root-key', 'ec-p256')
    const reply = await shortLived.createCertificate(shortLived.opensslRequest(), { token: shortLived.issuer.token('default', 'a') })
    const end = (pem: string): string | undefined => /Not After : (.*)\n/.exec(shortLived.opensslText(pem))?.[1]
    expect('value' in reply && end(reply.value.certChain[0] ?? '')).toBe(end(shortLived.rootPem()))
  })
})

describe('credentials', () => {
  it('[security-17] refuses a call without any, and counts it', async () => {
    const before = await citadel.metric('citadel_server_authentication_failure_count')
    expect(await citadel.createCertificate(citadel.opensslRequest())).toMatchObject({ code: status.UNAUTHENTICATED })
    expect(await citadel.handleCsr(citadel.opensslRequest())).toMatchObject({ code: status.UNAUTHENTICATED })
    expect(await citadel.metric('citadel_server_authentication_failure_count')).toBe(before + 2)
  })

  it('[security-18] refuses a token for another audience', async () => {
    const other = citadel.issuer.token('default', 'a', { audience: 'api' })
    expect(await citadel.createCertificate(citadel.opensslRequest(), { token: other })).toMatchObject({ code: status.UNAUTHENTICATED })
  })

  it('accepts a client certificate of the mesh instead of a token, for the same identity', async () => {
    const certificate = await issue(citadel.opensslRequest())
    const identity = { certificate, key: readFileSync(citadel.path('key.pem'), 'utf8') }
    const renewed = await citadel.createCertificate(citadel.opensslRequest(), { identity })
    expect('value' in renewed && citadel.opensslText(renewed.value.certChain[0] ?? '')).toContain(`URI:${OWN}\n`)
    const foreign = citadel.opensslRequest('-addext', 'subjectAltName=URI:spiffe://cluster.local/ns/default/sa/b')
    expect(await citadel.createCertificate(foreign, { identity })).toMatchObject({ code: status.PERMISSION_DENIED })
  })

  it('takes no client certificate that it did not sign', async () => {
    await using stranger = await CitadelProcess.start(CITADEL, '--root-key', 'ec-p256')
    const reply = await stranger.createCertificate(stranger.opensslRequest(), { token: stranger.issuer.token('default', 'a') })
    const certificate = 'value' in reply ? (reply.value.certChain[0] ?? '') : ''
    const identity = { certificate, key: readFileSync(stranger.path('key.pem'), 'utf8') }
    expect(await citadel.createCertificate(citadel.opensslRequest(), { identity })).toMatchObject({ code: status.UNAUTHENTICATED })
  })
})

describe('state', () => {
  it('keeps its root over a restart, and keeps its key to itself', async () => {
    const before = citadel.rootPem()
    await citadel.restart()
    expect(citadel.rootPem()).toBe(before)
    expect(citadel.opensslText(before)).toMatch(/Issuer: O = cluster\.local|Issuer: O=cluster\.local/)
    expect(citadel.opensslText(before)).toContain('Public-Key: (2048 bit)')
    const modes = ['state', 'state/istio-ca-secret', 'state/istio-ca-secret/ca-key.pem'].map(
      path => statSync(citadel.path(path)).mode & 0o777,
    )
    expect(modes).toEqual([0o700, 0o700, 0o600])
    expect(readdirSync(citadel.path('state'))).toEqual(['istio-ca-secret'])
  })

  it('[security-2] makes no second root while its store fails, and goes on with the first afterwards', async () => {
    await using failing = await CitadelProcess.start(CITADEL, '--root-key', 'ec-p256')
    const before = failing.rootPem()
    const kept = failing.path('state/istio-ca-secret')
    renameSync(kept, failing.path('kept'))
    writeFileSync(kept, 'what a broken file system shows')
    await expect(failing.restart()).rejects.toMatchObject({ code: 'SECRET_STORE' })
    rmSync(kept)
    renameSync(failing.path('kept'), kept)
    await failing.restart()
    expect(failing.rootPem()).toBe(before)
  })

  it('[security-3] shares one root between two that start together, and their workloads trust each other', async () => {
    const shared = ['--root-key', 'ec-p256', '--state-dir', citadel.path('shared')]
    const pair = await Promise.all([CitadelProcess.start(CITADEL, ...shared), CitadelProcess.start(CITADEL, ...shared)])
    await using first = pair[0]
    await using second = pair[1]
    expect(first.rootPem()).toBe(second.rootPem())
    const [server, client] = [await workloadOf(first), await workloadOf(second)]
    expect(await handshake(server, client)).toContain(`URI:${OWN}`)
  })

  it('refuses to start on a damaged root instead of making another', async () => {
    await using damaged = await CitadelProcess.start(CITADEL, '--root-key', 'ec-p256')
    writeFileSync(damaged.path('state/istio-ca-secret/ca-cert.pem'), 'damaged')
    await expect(damaged.restart()).rejects.toMatchObject({ code: 'ROOT_UNUSABLE' })
  })

  it('names a port in use and the next step', async () => {
    const args = ['--state-dir', citadel.path('other'), '--jwks-file', citadel.path('jwks.json')]
    const addresses = ['--address', `127.0.0.1:${citadel.port}`, '--metrics-address', `127.0.0.1:${await freePort()}`]
    const second = startProgram(CITADEL, { name: 'second', args: [...args, ...addresses] })
    await expect(second.whenReady()).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(String(citadel.port)) })
    await second.stop()
  })

  it('writes who got what into its log, and no token or key', async () => {
    await issue(citadel.opensslRequest())
    const line =
      citadel
        .log()
        .split('\n')
        .findLast(text => text.includes('certificate issued')) ?? '{}'
    expect(JSON.parse(line)).toMatchObject({ log: 'audit', caller: OWN, by: 'token', api: 'CreateCertificate', serial: expect.any(String) })
    expect(citadel.log()).not.toMatch(/eyJ|PRIVATE KEY/)
    expect(await citadel.metric('citadel_server_success_cert_issuance_count')).toBeGreaterThan(0)
    expect(await citadel.metric('citadel_server_root_cert_expiry_seconds')).toBeGreaterThan(3600 * 24 * 3649)
  })
})
