import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js'
import { DiscoveryRequest, DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { freePorts } from '@meshwork/testkit/net'
import { siblingProgram, startProgram } from '@meshwork/testkit/process'
import { LISTENER_TYPE } from '@meshwork/xds/types'
import { expect, test, vi } from 'vitest'

/** A host outside of the mesh without an address: its port is taken at every address. */
function outside(name: string, protocol: string, createdAt: string): string {
  const ports = `[{number: 15151, name: p, protocol: ${protocol}}]`
  return `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}, namespace: default, creationTimestamp: ${createdAt}}, spec: {hosts: [${name}.test], location: MESH_EXTERNAL, resolution: NONE, ports: ${ports}}}\n`
}

/** A sidecar whose connections are redirected to it, as far as pilot can tell. */
function subscribe(client: Client): ClientDuplexStream<DiscoveryRequest, DiscoveryResponse> {
  const stream = client.makeBidiStreamRequest(
    '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    (value: DiscoveryRequest) => Buffer.from(DiscoveryRequest.encode(value).finish()),
    bytes => DiscoveryResponse.decode(bytes),
  )
  stream.on('error', () => undefined)
  const node = { id: 'sidecar~10.0.0.9~caller.default~default.svc.cluster.local', metadata: { INTERCEPTION_MODE: 'REDIRECT' } }
  stream.write(DiscoveryRequest.fromPartial({ node, typeUrl: LISTENER_TYPE }))
  return stream
}

test('[traffic-53] of two services that want a port at every address the older has it, and the younger is told of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-conflicts-'))
  const [xds = 0, http = 0] = await freePorts(2)
  const flags = ['--config-dir', folder, '--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`]
  writeFileSync(join(folder, 'a.yaml'), outside('younger', 'HTTP', '2026-02-02T00:00:00Z'))
  writeFileSync(join(folder, 'b.yaml'), outside('older', 'TCP', '2026-01-01T00:00:00Z'))
  const client = new Client(`127.0.0.1:${xds}`, credentials.createInsecure())
  try {
    await using pilot = startProgram(siblingProgram('../main', import.meta.url), { name: 'pilot', args: flags })
    await pilot.whenReady()
    const page = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${http}${path}`)).text()
    expect(await page('/metrics')).toMatch(/^pilot_conflict_outbound_listener_http_over_current_tcp 1$/m)
    const stream = subscribe(client)
    // A change makes a push, and pushes are what is reported.
    await vi.waitFor(async () => expect(await page('/metrics')).toMatch(/^pilot_xds 1$/m), 10_000)
    writeFileSync(join(folder, 'c.yaml'), outside('other', 'TCP', '2026-03-03T00:00:00Z').replace('15151', '15152'))
    const sentence = 'port 15151 of younger.test is at every address the older older.test'
    await vi.waitFor(async () => expect(await page('/debug/push_status')).toContain(sentence), 10_000)
    expect(JSON.parse(await page('/debug/object_status'))).toContainEqual(
      expect.objectContaining({ name: 'younger', warnings: [expect.objectContaining({ message: expect.stringContaining(sentence) })] }),
    )
    writeFileSync(join(folder, 'b.yaml'), outside('older', 'HTTP', '2026-01-01T00:00:00Z'))
    await vi.waitFor(async () => expect(await page('/debug/push_status')).not.toContain('of younger.test'), 10_000)
    expect(await page('/metrics')).toMatch(/^pilot_conflict_outbound_listener_http_over_current_tcp 0$/m)
    stream.cancel()
  } finally {
    client.close()
    rmSync(folder, { recursive: true })
  }
})
