import { admin, bootstrap, cluster, httpFilter, type Json, listener, ProxyAdmin, StaticProxy, tlsServer } from '@meshwork/testkit/bootstrap'
import { createTestCa } from '@meshwork/testkit/ca'
import { freePorts } from '@meshwork/testkit/net'
import { expect, it } from 'vitest'

const UPSTREAM_TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'

it('shows certificates, memory, runtime and what a start waits for, as Envoy does', async () => {
  const ca = await createTestCa()
  const [server, client] = await Promise.all([
    ca.issue('spiffe://cluster.local/ns/a/sa/server'),
    ca.issue('spiffe://cluster.local/ns/a/sa/client'),
  ])
  const [entry = 0, adminPort = 0] = await freePorts(2)
  const secret: Json = {
    name: 'client',
    tls_certificate: {
      certificate_chain: { inline_string: client.certificateChainPem },
      private_key: { inline_string: client.privateKeyPem },
    },
  }
  const transport_socket: Json = {
    name: 'tls',
    typed_config: { '@type': UPSTREAM_TLS, common_tls_context: { tls_certificate_sds_secret_configs: [{ name: 'client' }] } },
  }
  const { static_resources } = bootstrap(
    [listener(entry, httpFilter('service', 'AUTO'), tlsServer(server, ['h2'], ca.rootPem))],
    [cluster('service', 1, { transport_socket })],
  )
  const layered_runtime: Json = {
    layers: [
      { name: 'base', static_layer: { overload: { global_downstream_max_connections: 50 } } },
      { name: 'over', static_layer: { 'overload.global_downstream_max_connections': 40 } },
    ],
  }
  const resources = typeof static_resources === 'object' ? { ...static_resources, secrets: [secret] } : {}
  await using proxy = await StaticProxy.start('proxy', { static_resources: resources, ...admin(adminPort), layered_runtime })
  const page = new ProxyAdmin(adminPort, proxy.child.pid ?? 0)
  const { certificates } = JSON.parse(await page.page('/certs'))
  const names = (list: readonly { readonly subject_alt_names: readonly unknown[] }[]): unknown =>
    list.map(each => each.subject_alt_names[0])
  expect(certificates.map((each: { ca_cert: []; cert_chain: [] }) => [each.ca_cert.length, names(each.cert_chain)])).toEqual([
    [1, [{ uri: 'spiffe://cluster.local/ns/a/sa/server' }]],
    [0, [{ uri: 'spiffe://cluster.local/ns/a/sa/client' }]],
  ])
  expect(await page.page('/certs')).not.toContain('PRIVATE KEY')
  expect(JSON.parse(await page.page('/memory'))).toMatchObject({
    allocated: expect.stringMatching(/^\d{7,}$/),
    heap_size: expect.any(String),
  })
  expect(JSON.parse(await page.page('/runtime'))).toEqual({
    layers: ['base', 'over'],
    entries: { 'overload.global_downstream_max_connections': { final_value: '40', layer_values: ['50', '40'] } },
  })
  expect(JSON.parse(await page.page('/init_dump'))).toEqual({})
})
