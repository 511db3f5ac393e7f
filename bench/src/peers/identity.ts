import { createTestCa, type TestCertificate } from '@meshwork/testkit/ca'
import type { BenchRun } from '../harness/bench-run.ts'

/** A workload's certificate with its root, as text for configurations and as files for programs. */
export interface Identity {
  readonly certificate: TestCertificate
  readonly rootPem: string
  /** Certificate and key in one file, as haproxy wants them. */
  readonly pemFile: string
  readonly rootFile: string
}

export async function createIdentity(run: BenchRun): Promise<Identity> {
  const ca = await createTestCa()
  const certificate = await ca.issue('spiffe://cluster.local/ns/bench/sa/sidecar')
  const pemFile = await run.file('identity.pem', certificate.certificateChainPem + certificate.privateKeyPem)
  return { certificate, rootPem: ca.rootPem, pemFile, rootFile: await run.file('root.pem', ca.rootPem) }
}

/** TLS towards clients, who need no certificate. */
export function downstreamTls(identity: Identity, alpn: readonly string[]): object {
  return transportSocket('Downstream', identity, alpn, {}, false)
}

/** TLS towards clients, who must show a certificate of the mesh. */
export function downstreamMutualTls(identity: Identity, alpn: readonly string[]): object {
  return transportSocket('Downstream', identity, alpn, { require_client_certificate: true }, true)
}

/** TLS towards the upstream, showing our certificate. */
export function upstreamMutualTls(identity: Identity, alpn: readonly string[]): object {
  return transportSocket('Upstream', identity, alpn, { sni: 'outbound_.80_._.bench' }, true)
}

function transportSocket(kind: string, identity: Identity, alpn: readonly string[], more: object, verify: boolean): object {
  const { certificate, rootPem } = identity
  const pair = {
    certificate_chain: { inline_string: certificate.certificateChainPem },
    private_key: { inline_string: certificate.privateKeyPem },
  }
  const common = {
    tls_certificates: [pair],
    ...(verify ? { validation_context: { trusted_ca: { inline_string: rootPem } } } : {}),
    // Newer peers would choose a hybrid group with post-quantum shares: one group for all.
    tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3', ecdh_curves: ['X25519'] },
    alpn_protocols: alpn,
  }
  const type = `type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.${kind}TlsContext`
  return { name: 'envoy.transport_sockets.tls', typed_config: { '@type': type, common_tls_context: common, ...more } }
}
