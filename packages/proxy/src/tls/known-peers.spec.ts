import { X509Certificate } from 'node:crypto'
import { createTestCa } from '@meshwork/testkit/ca'
import { expect, test } from 'vitest'
import { knownPeers } from './known-peers.ts'

test('a certificate is read once, and each one for itself', async () => {
  const ca = await createTestCa()
  const [one, other] = await Promise.all([ca.issue('spiffe://td/ns/a/sa/one'), ca.issue('spiffe://td/ns/a/sa/other')])
  const first = knownPeers.of(new X509Certificate(one.certificateChainPem))
  expect(first.names.uri).toEqual(['spiffe://td/ns/a/sa/one'])
  expect(knownPeers.of(new X509Certificate(one.certificateChainPem))).toBe(first)
  expect(knownPeers.of(new X509Certificate(other.certificateChainPem)).certificate.uriSans).toEqual(['spiffe://td/ns/a/sa/other'])
  expect(knownPeers.of(new X509Certificate(one.certificateChainPem))).toBe(first)
})
