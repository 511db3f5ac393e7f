import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@meshwork/core/log'
import { formatViolation } from '@meshwork/core/result'
import { type Clock, systemClock, type Timer } from '@meshwork/core/time'
import { DownstreamTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { createTestCa, type TestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Report } from '../decode/report.ts'
import { decodeDownstreamSocket } from '../decode/tls-context.ts'
import { FileSecrets } from '../process/file-secrets.ts'
import { noSecrets } from '../tls/secrets.ts'
import { chain, listener, manager, routeTable } from './testdata/configs.ts'
import { Harness } from './testdata/harness.ts'
import { ocspAnswer } from './testdata/ocsp-answer.ts'

/** Staples of these tests hold for an hour. */
const TWO_HOURS_MS = 7_200_000

class ShiftedClock implements Clock {
  aheadMs = 0

  now(): number {
    return systemClock.now() + this.aheadMs
  }

  monotonicMs(): number {
    return systemClock.monotonicMs()
  }

  after(delayMs: number, run: () => void): Timer {
    return systemClock.after(delayMs, run)
  }
}

let ca: TestCa
let server: TestCertificate
let other: TestCertificate
let staple: Buffer
let clock: ShiftedClock
let harness: Harness

beforeAll(async () => {
  ca = await createTestCa()
  server = await ca.issue('a.test')
  other = await ca.issue('b.test')
  staple = ocspAnswer(ca.issuer, server.certificateChainPem)
})

beforeEach(() => {
  clock = new ShiftedClock()
  harness = new Harness({ clock })
})

afterEach(() => harness.close())

function inlineJson({ certificateChainPem, privateKeyPem }: TestCertificate, ocspStaple?: Buffer): object {
  return {
    certificate_chain: { inline_string: certificateChainPem },
    private_key: { inline_string: privateKeyPem },
    ...(ocspStaple === undefined ? {} : { ocsp_staple: { inline_bytes: ocspStaple.toString('base64') } }),
  }
}

function decode(
  policy: string,
  certificates: readonly object[],
): { readonly tls: ReturnType<typeof decodeDownstreamSocket>; readonly problems: readonly string[] } {
  const context = DownstreamTlsContext.fromJSON({ common_tls_context: { tls_certificates: certificates }, ocsp_staple_policy: policy })
  const typeUrl = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'
  const value = DownstreamTlsContext.encode(context).finish()
  const report = new Report()
  const tls = decodeDownstreamSocket({ name: 'tls', configType: { $case: 'typedConfig', value: { typeUrl, value } } }, report)
  return { tls, problems: report.violations.map(formatViolation) }
}

async function serve(policy: string, ...certificates: readonly object[]): Promise<number> {
  const { tls, problems } = decode(policy, certificates)
  expect(problems).toEqual([])
  const table = { kind: 'inline', table: routeTable('r', []) } as const
  return harness.listen(listener('secured', [chain(manager(table, { statPrefix: 'in' }), { tls })]))
}

/** What OpenSSL says about a handshake. */
function handshake(port: number, ...more: readonly string[]): Promise<string> {
  const client = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'a.test', ...more]
  return new Promise(resolve => {
    const child = execFile('openssl', client, (_error, output, errors) => resolve(output + errors))
    child.stdin?.end()
  })
}

const stapleCounters = (): readonly number[] =>
  ['requests', 'responses', 'omitted', 'failed'].map(name => harness.counter(`listener.127.0.0.1_0.ssl.ocsp_staple_${name}`))

test('clients that ask get the staple, others do not', async () => {
  const port = await serve('LENIENT_STAPLING', inlineJson(server, staple))
  for (const version of ['-tls1_2', '-tls1_3']) {
    const asked = await handshake(port, '-status', version)
    expect(asked).toContain('OCSP Response Status: successful (0x0)')
    expect(asked).toContain('Cert Status: good')
  }
  expect(await handshake(port)).not.toContain('OCSP Response Status')
})

test('a staple that has run out is left away when lenient', async () => {
  const port = await serve('LENIENT_STAPLING', inlineJson(server, staple))
  clock.aheadMs = TWO_HOURS_MS
  const asked = await handshake(port, '-status')
  expect(asked).toContain('OCSP response: no response sent')
  expect(asked).toContain('BEGIN CERTIFICATE')
})

for (const policy of ['STRICT_STAPLING', 'MUST_STAPLE']) {
  test(`${policy}: a certificate whose staple has run out is not shown to clients that ask`, async () => {
    const port = await serve(policy, inlineJson(server, staple))
    expect(await handshake(port, '-status')).toContain('Cert Status: good')
    clock.aheadMs = TWO_HOURS_MS
    const refused = await handshake(port, '-status')
    expect(refused).toMatch(/handshake failure/)
    expect(refused).not.toContain('BEGIN CERTIFICATE')
    expect(await handshake(port)).toContain('BEGIN CERTIFICATE')
  })
}

test('another certificate takes its place if there is one', async () => {
  const port = await serve('STRICT_STAPLING', inlineJson(server, staple), inlineJson(await ca.issue('a.test')))
  expect(await handshake(port, '-status')).toContain('Cert Status: good')
})

test('of several certificates each comes with its own staple', async () => {
  const port = await serve('LENIENT_STAPLING', inlineJson(other), inlineJson(server, staple))
  expect(await handshake(port, '-status')).toContain('Cert Status: good')
  expect(await handshake(port, '-status', '-servername', 'b.test')).toContain('no response sent')
})

test('figures under Envoy’s names', async () => {
  const port = await serve('STRICT_STAPLING', inlineJson(server, staple))
  await handshake(port, '-status')
  clock.aheadMs = TWO_HOURS_MS
  await handshake(port, '-status')
  await handshake(port)
  const [requests, responses, omitted, failed] = stapleCounters()
  expect({ requests, responses, omitted, failed }).toEqual({ requests: 2, responses: 1, omitted: 0, failed: 1 })
})

test('certificates by file have their staples by file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'staple-'))
  const file = (name: string, content: string | Buffer): object => {
    writeFileSync(join(directory, name), content)
    return { filename: join(directory, name) }
  }
  try {
    const secrets = new FileSecrets(noSecrets, clock, silentLogger)
    await harness.close()
    harness = new Harness({ clock, secrets })
    const port = await serve('MUST_STAPLE', {
      certificate_chain: file('chain.pem', server.certificateChainPem),
      private_key: file('key.pem', server.privateKeyPem),
      ocsp_staple: file('staple.der', staple),
    })
    expect(await handshake(port, '-status')).toContain('Cert Status: good')
    secrets.close()
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('what cannot be stapled is refused by its field', () => {
  const problemsOf = (policy: string, certificate: object): readonly string[] => decode(policy, [certificate]).problems
  const place = 'common_tls_context.tls_certificates[0].ocsp_staple'
  expect(problemsOf('MUST_STAPLE', inlineJson(server))).toEqual([`${place}: must be set: the policy is MUST_STAPLE`])
  expect(problemsOf('LENIENT_STAPLING', inlineJson(other, staple))).toEqual([`${place}: is not about this certificate`])
  expect(problemsOf('LENIENT_STAPLING', inlineJson(server, Buffer.from('staple')))).toEqual([`${place}: is not an OCSP response`])
  const asText = { ...inlineJson(server), ocsp_staple: { inline_string: 'staple' } }
  expect(problemsOf('LENIENT_STAPLING', asText)).toEqual([`${place}: is DER and cannot be given by inline_string`])
})
