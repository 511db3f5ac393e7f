import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type ClientDuplexStream, credentials, status } from '@grpc/grpc-js'
import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { Secret } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/secret'
import { DiscoveryRequest, type DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { SecretDiscoveryServiceClient } from '@meshwork/protos/envoy/service/secret/v3/sds'
import { createTestCa, type TestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { SecretProvider } from '../tls/secrets.ts'
import { SdsServer } from './sds-server.ts'

/** Secrets that the test changes. */
class HeldSecrets implements SecretProvider {
  private held: { readonly material: TestCertificate; readonly rootPem: string } | null = null
  private readonly listeners = new Set<() => void>()

  certificate(): TestCertificate | null {
    return this.held?.material ?? null
  }

  roots(): string | null {
    return this.held?.rootPem ?? null
  }

  onChange(changed: () => void): () => void {
    this.listeners.add(changed)
    return () => void this.listeners.delete(changed)
  }

  async rotate(ca: TestCa): Promise<void> {
    this.held = { material: await ca.issue('spiffe://cluster.local/ns/default/sa/a'), rootPem: ca.rootPem }
    for (const listener of this.listeners) listener()
  }
}

/** One SDS stream, as Envoy opens one per secret. */
class SecretStream {
  private readonly client: SecretDiscoveryServiceClient
  private readonly call: ClientDuplexStream<DiscoveryRequest, DiscoveryResponse>
  private readonly name: string
  private readonly arrived: DiscoveryResponse[] = []
  private waiting: ((response: DiscoveryResponse) => void) | null = null

  constructor(socketPath: string, name: string) {
    this.client = new SecretDiscoveryServiceClient(`unix:${socketPath}`, credentials.createInsecure())
    this.call = this.client.streamSecrets()
    this.call.on('error', () => undefined)
    this.call.on('data', (response: DiscoveryResponse) => {
      if (this.waiting === null) this.arrived.push(response)
      else this.waiting(response)
      this.waiting = null
    })
    this.name = name
    this.send({ node: { id: 'test' } })
  }

  next(): Promise<DiscoveryResponse> {
    const first = this.arrived.shift()
    return first === undefined ? new Promise(resolve => (this.waiting = resolve)) : Promise.resolve(first)
  }

  get silent(): boolean {
    return this.arrived.length === 0
  }

  accept(response: DiscoveryResponse): void {
    this.send({ versionInfo: response.versionInfo, responseNonce: response.nonce })
  }

  reject(response: DiscoveryResponse, versionBefore: string): void {
    this.send({ versionInfo: versionBefore, responseNonce: response.nonce, errorDetail: { code: 3, message: 'no' } })
  }

  close(): void {
    this.call.cancel()
    this.client.close()
  }

  private send(fields: Parameters<typeof DiscoveryRequest.fromPartial>[0]): void {
    this.call.write(DiscoveryRequest.fromPartial({ resourceNames: [this.name], ...fields }))
  }
}

function secretIn(response: DiscoveryResponse): Secret {
  const [resource, second] = response.resources
  if (resource === undefined || second !== undefined) throw new Error(`${response.resources.length} resources instead of one`)
  return Secret.decode(resource.value)
}

let directory: string
let socketPath: string
let secrets: HeldSecrets
let server: SdsServer
let ca: TestCa
const streams: SecretStream[] = []

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sds-'))
  socketPath = join(directory, 'sds.sock')
  secrets = new HeldSecrets()
  ca = await createTestCa()
  server = new SdsServer({ socketPath, secrets, clock: systemClock, log: silentLogger })
  await server.start()
})
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close()
  await server.close()
  rmSync(directory, { recursive: true })
})

function open(name: string): SecretStream {
  const stream = new SecretStream(socketPath, name)
  streams.push(stream)
  return stream
}

describe('SdsServer', () => {
  it('is for the owner of the socket only, and leaves none behind', async () => {
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    await server.close()
    expect(existsSync(socketPath)).toBe(false)
  })

  it('lets clients wait for the first certificate', async () => {
    const stream = open('default')
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(stream.silent).toBe(true)
    await secrets.rotate(ca)
    expect(secretIn(await stream.next()).type).toMatchObject({ $case: 'tlsCertificate' })
  })

  it('gives certificate and key as one secret, and the roots as another', async () => {
    await secrets.rotate(ca)
    const certificate = secretIn(await open('default').next())
    const roots = secretIn(await open('ROOTCA').next())
    const text = (bytes: { $case: string; value: unknown } | undefined): string =>
      bytes?.$case === 'inlineBytes' && bytes.value instanceof Uint8Array ? Buffer.from(bytes.value).toString() : ''
    if (certificate.type?.$case !== 'tlsCertificate' || roots.type?.$case !== 'validationContext') throw new Error('other types')
    expect(certificate.name).toBe('default')
    expect(text(certificate.type.value.certificateChain?.specifier)).toBe(secrets.certificate()?.certificateChainPem)
    expect(text(certificate.type.value.privateKey?.specifier)).toBe(secrets.certificate()?.privateKeyPem)
    expect(text(roots.type.value.trustedCa?.specifier)).toBe(ca.rootPem)
  })

  it('pushes a new certificate, and nothing to those whose secret is the same', async () => {
    await secrets.rotate(ca)
    const [certificate, roots] = [open('default'), open('ROOTCA')]
    const first = await certificate.next()
    certificate.accept(first)
    roots.accept(await roots.next())
    await secrets.rotate(ca)
    const second = await certificate.next()
    expect(second.versionInfo).not.toBe(first.versionInfo)
    expect(roots.silent).toBe(true)
  })

  it('answers those who ask once', async () => {
    const client = new SecretDiscoveryServiceClient(`unix:${socketPath}`, credentials.createInsecure())
    const fetchOnce = (...resourceNames: readonly string[]): Promise<readonly string[] | number> =>
      new Promise(resolve => {
        client.fetchSecrets(DiscoveryRequest.fromPartial({ resourceNames: [...resourceNames] }), (error, response) =>
          resolve(error === null ? response.resources.map(resource => Secret.decode(resource.value).name) : error.code),
        )
      })
    expect(await fetchOnce('default')).toBe(status.UNAVAILABLE)
    await secrets.rotate(ca)
    expect(await fetchOnce('default')).toEqual(['default'])
    expect(await fetchOnce()).toEqual(['default', 'ROOTCA'])
    expect(await fetchOnce('other')).toEqual([])
    client.close()
  })

  it('goes on after a client rejected a push', async () => {
    await secrets.rotate(ca)
    const stream = open('default')
    const first = await stream.next()
    stream.accept(first)
    await secrets.rotate(ca)
    stream.reject(await stream.next(), first.versionInfo)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(server.rejected).toBe(1)
    expect(stream.silent).toBe(true)
    await secrets.rotate(ca)
    expect(secretIn(await stream.next()).name).toBe('default')
  })

  it('replaces a socket that a killed process left, and names a path that is too long', async () => {
    const second = new SdsServer({ socketPath, secrets, clock: systemClock, log: silentLogger })
    await second.start()
    await second.close()
    const long = new SdsServer({ socketPath: join(directory, 'x'.repeat(100)), secrets, clock: systemClock, log: silentLogger })
    await expect(long.start()).rejects.toMatchObject({ code: 'SOCKET_PATH_TOO_LONG' })
    await long.close()
  })
})
