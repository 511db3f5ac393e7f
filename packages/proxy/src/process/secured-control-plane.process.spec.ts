import { ServerCredentials } from '@grpc/grpc-js'
import { fromControlPlane, http2Upstream, httpFilter, type Json, listener, cluster, StaticProxy } from '@meshwork/testkit/bootstrap'
import { createTestCa } from '@meshwork/testkit/ca'
import { freePorts } from '@meshwork/testkit/net'
import { jsonResource, TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE } from '@meshwork/xds/types'
import { expect, it } from 'vitest'

const UPSTREAM_TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'
const PILOT = 'spiffe://cluster.local/ns/mesh/sa/pilot'

it('takes its configuration over mutual TLS, from a control plane of the right name only', async () => {
  const ca = await createTestCa()
  const [server, client] = await Promise.all([ca.issue(PILOT), ca.issue('spiffe://cluster.local/ns/a/sa/proxy')])
  const [front = 0, adminPort = 0] = await freePorts(2)
  const pilot = new TestControlPlane()
  pilot.set(
    new Map([
      [CLUSTER_TYPE, []],
      [LISTENER_TYPE, [jsonResource(LISTENER_TYPE, `listener-${front}`, listener(front, httpFilter('none', 'AUTO')))]],
    ]),
  )
  const pair = { cert_chain: Buffer.from(server.certificateChainPem), private_key: Buffer.from(server.privateKeyPem) }
  await pilot.start(ServerCredentials.createSsl(Buffer.from(ca.rootPem), [pair], true))
  const port = Number(pilot.address.split(':')[1])
  /** The bootstrap with TLS to the control plane, which must have this name. */
  const secured = (name: string): Json => {
    const common_tls_context = {
      tls_certificates: [
        { certificate_chain: { inline_string: client.certificateChainPem }, private_key: { inline_string: client.privateKeyPem } },
      ],
      validation_context: {
        trusted_ca: { inline_string: ca.rootPem },
        match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: name } }],
      },
    }
    const transport_socket = { name: 'tls', typed_config: { '@type': UPSTREAM_TLS, common_tls_context } }
    const clusters = [cluster('control-plane', port, { ...http2Upstream, transport_socket })]
    return { ...fromControlPlane(port, adminPort), static_resources: { clusters } }
  }
  try {
    const proxy = await StaticProxy.start('proxy', secured(PILOT))
    expect((await fetch(`http://127.0.0.1:${front}/`)).status).toBe(503)
    await proxy[Symbol.asyncDispose]()
    const started = StaticProxy.start('proxy', secured(`${PILOT}-other`))
    started.catch(() => undefined)
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${adminPort}/ready`).catch(() => null))?.text(), { timeout: 10_000 })
      .toMatch(/^INITIALIZING/)
    await new Promise(resolve => setTimeout(resolve, 1000))
    expect((await fetch(`http://127.0.0.1:${adminPort}/ready`)).status).toBe(503)
    await fetch(`http://127.0.0.1:${adminPort}/quitquitquit`, { method: 'POST' })
    await started.then(
      other => other[Symbol.asyncDispose](),
      () => undefined,
    )
  } finally {
    pilot.stop()
  }
})
