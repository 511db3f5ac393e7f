import { createTestCa } from '@meshwork/testkit/ca'
import { expect, test } from 'vitest'
import { readConfigDump } from '../../mesh-api/config-dump.ts'
import { secretRows } from './secret-rows.ts'

/** Rows of a dump with one certificate, as text or as bytes. */
function rowsOf(source: Readonly<Record<string, string>>): ReturnType<typeof secretRows> {
  const secret = { name: 'kubernetes://shop', tls_certificate: { certificate_chain: source } }
  const configs = [{ '@type': 'type.googleapis.com/envoy.admin.v3.SecretsConfigDump', dynamic_active_secrets: [{ secret }] }]
  return secretRows(readConfigDump({ configs }))
}

test.each([
  ['its SPIFFE name', 'spiffe://cluster.local/ns/shop/sa/web', 'spiffe://cluster.local/ns/shop/sa/web'],
  ['its hosts, where it has no subject', ['shop.example', 'www.shop.example'], 'shop.example, www.shop.example'],
])('a certificate is shown by %s, with its end', async (_, names, identity) => {
  const { certificateChainPem } = await (await createTestCa()).issue(names)
  const shown = [{ name: 'kubernetes://shop', type: 'cert chain', identity, validTo: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) }]
  expect(rowsOf({ inline_string: certificateChainPem })).toMatchObject(shown)
  expect(rowsOf({ inline_bytes: Buffer.from(certificateChainPem).toString('base64') })).toMatchObject(shown)
})

test('what is no certificate is left out', () => {
  expect(rowsOf({ inline_string: '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n' })).toEqual([])
})
