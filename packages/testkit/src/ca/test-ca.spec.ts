import { connect, createServer, type TLSSocket } from 'node:tls'
import { once } from 'node:events'

import { describe, expect, it } from 'vitest'

import { createTestCa, type TestCa } from './test-ca.ts'

/** The URI in the certificate that the client sees in a handshake where both sides show one. */
async function handshake(ca: TestCa, lifetimeMs?: number): Promise<string | undefined> {
  const served = await ca.issue(['spiffe://cluster.local/ns/a/sa/b', '127.0.0.1'], lifetimeMs === undefined ? {} : { lifetimeMs })
  const shown = await ca.issue('spiffe://cluster.local/ns/a/sa/client')
  const trust = { ca: ca.rootPem }
  const server = createServer({ ...trust, cert: served.certificateChainPem, key: served.privateKeyPem, requestCert: true })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client: TLSSocket = connect({ ...trust, port, host: '127.0.0.1', cert: shown.certificateChainPem, key: shown.privateKeyPem })
  try {
    await once(client, 'secureConnect')
    return client.getPeerCertificate().subjectaltname
  } finally {
    client.destroy()
    server.close()
  }
}

describe('createTestCa', () => {
  it('issues certificates that node:tls takes on both sides', async () => {
    expect(await handshake(await createTestCa())).toContain('URI:spiffe://cluster.local/ns/a/sa/b')
  })

  it('issues expired certificates when asked to', async () => {
    await expect(handshake(await createTestCa(), -1000)).rejects.toThrow('certificate has expired')
  })
})
