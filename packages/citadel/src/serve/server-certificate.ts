import type { experimental } from '@grpc/grpc-js'
import type { SpiffeId } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError, messageOf } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import { type Certificate, chainPem, generateKeyPair, privateKeyPem } from '@meshwork/core/x509'

import { signContent } from '../ca/signer.ts'
import { type AuthoritySlots, trustedRootsPem } from '../ca/slots.ts'
import { serverTemplate } from '../policy/server-template.ts'

/** grpc-js's port for certificates that change while a server runs. */
type CertificateProvider = NonNullable<Parameters<typeof experimental.createCertificateProviderServerCredentials>[0]>
type IdentityListener = Parameters<CertificateProvider['addIdentityCertificateListener']>[0]
type IdentityUpdate = Parameters<IdentityListener>[0]
type RootsListener = Parameters<CertificateProvider['addCaCertificateListener']>[0]

export interface ServerCertificateOptions {
  readonly identity: SpiffeId
  readonly hosts: readonly string[]
  readonly lifetimeMs: number
  readonly slots: () => AuthoritySlots
  readonly clock: Clock
  readonly log: Logger
}

const RETRY_MS = 60_000

/** The certificate that the authority itself shows, signed by itself, replaced at half of its life without a restart. */
export class ServerCertificate implements CertificateProvider, Runner {
  readonly name: string = 'server certificate'
  private readonly options: ServerCertificateOptions
  private readonly listeners = new Set<IdentityListener>()
  private current: IdentityUpdate = null
  private readonly rootListeners = new Set<RootsListener>()
  /** Of the certificate in use. */
  private signer: Certificate | undefined
  private timer: Timer | undefined

  constructor(options: ServerCertificateOptions) {
    this.options = options
  }

  start(): Promise<void> {
    return this.renew()
  }

  close(): Promise<void> {
    this.timer?.cancel()
    return Promise.resolve()
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.listeners.add(listener)
    // Not at once: grpc-js asks before it is ready to be told, and would drop every connection.
    queueMicrotask(() => listener(this.current))
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.listeners.delete(listener)
  }

  addCaCertificateListener(listener: RootsListener): void {
    this.rootListeners.add(listener)
    queueMicrotask(() => this.tellRoots(listener))
  }

  removeCaCertificateListener(listener: RootsListener): void {
    this.rootListeners.delete(listener)
  }

  /** Something else signs now, or other roots count. */
  slotsChanged(): void {
    for (const listener of this.rootListeners) this.tellRoots(listener)
    const { active } = this.options.slots()
    if (this.signer === undefined || this.signer.der.equals(active.certificate.der)) return
    this.timer?.cancel()
    this.renewAfter(0)
  }

  private tellRoots(listener: RootsListener): void {
    listener({ caCertificate: Buffer.from(trustedRootsPem(this.options.slots())) })
  }

  private async renew(): Promise<void> {
    const { identity, hosts, lifetimeMs, slots, clock } = this.options
    const { active } = slots()
    const nowMs = clock.now()
    const keys = await generateKeyPair()
    const signer = active.certificate
    const content = serverTemplate({ identity, hosts, publicKey: keys.publicKey, lifetimeMs, signer, nowMs })
    const signed = await signContent(content, active)
    if (signed.kind === 'err') throw new MeshError('SERVER_CERTIFICATE', signed.error)
    const { certificate, intermediates } = signed.value
    this.current = { certificate: Buffer.from(chainPem([certificate, ...intermediates])), privateKey: Buffer.from(privateKeyPem(keys)) }
    this.signer = signer
    for (const listener of this.listeners) listener(this.current)
    this.renewAfter((certificate.notAfterMs - nowMs) / 2)
  }

  private renewAfter(delayMs: number): void {
    const { clock, log } = this.options
    this.timer = clock.after(delayMs, () => {
      this.renew().catch(error => {
        log.error('server certificate not renewed', { error: messageOf(error) })
        this.renewAfter(RETRY_MS)
      })
    })
  }
}
