import type { SpiffeId } from '@meshwork/core/ids'
import type { Logger } from '@meshwork/core/log'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { type CertificateRequest, parseCertificateRequest } from '@meshwork/core/x509'

import { attestWith, type Authenticator, type Credentials } from '../attest/authenticator.ts'
import { authorizeNames } from '../attest/authorize-names.ts'
import { type IssuedCertificate, signContent } from '../ca/signer.ts'
import type { AuthoritySlots } from '../ca/slots.ts'
import { type ControlPlaneNames, namesOf } from '../policy/control-plane-names.ts'
import { decideLifetime, type LifetimePolicy } from '../policy/lifetime.ts'
import { workloadTemplate } from '../policy/workload-template.ts'
import type { CitadelMetrics, SignError } from './metrics.ts'
import type { Refusal } from './refusal.ts'

/** One request for a certificate, whichever API it came through. */
export interface IssuanceRequest {
  readonly api: 'CreateCertificate' | 'HandleCSR'
  /** Address of the caller, for the audit log. */
  readonly peer: string
  readonly credentials: Credentials
  readonly csrPem: string
  /** Zero or less: the default lifetime. */
  readonly requestedSeconds: bigint
}

export interface IssuanceOptions {
  readonly authenticators: readonly Authenticator[]
  readonly slots: () => AuthoritySlots
  readonly lifetimes: LifetimePolicy
  readonly controlPlaneNames: ControlPlaneNames
  readonly metrics: CitadelMetrics
  readonly clock: Clock
  readonly log: Logger
}

/** The one way to a workload certificate: authenticate, read, authorize, decide the lifetime, sign, validate, write it down. */
export class Issuance {
  private readonly options: IssuanceOptions

  constructor(options: IssuanceOptions) {
    this.options = options
  }

  async issue(request: IssuanceRequest): Promise<Result<IssuedCertificate, Refusal>> {
    const { metrics, log } = this.options
    metrics.requests.inc()
    const caller = await this.callerOf(request.credentials)
    const outcome = caller.kind === 'err' ? caller : await this.issueTo(caller.value.identity, request)
    const fields = {
      api: request.api,
      peer: request.peer,
      ...(caller.kind === 'ok' ? { caller: caller.value.identity.uri, by: caller.value.by } : {}),
    }
    if (outcome.kind === 'err') {
      log.warn('certificate refused', { ...fields, reason: outcome.error.kind, detail: outcome.error.message })
      return outcome
    }
    metrics.issued.inc()
    const { serialNumber, notAfterMs } = outcome.value.certificate
    log.info('certificate issued', { ...fields, serial: serialNumber, notAfter: new Date(notAfterMs).toISOString() })
    return outcome
  }

  private async callerOf(credentials: Credentials): Promise<Result<{ identity: SpiffeId; by: string }, Refusal>> {
    const attestation = await attestWith(this.options.authenticators, credentials)
    if (attestation.kind === 'attested') return ok(attestation)
    this.options.metrics.authenticationFailures.inc()
    const message = attestation.kind === 'absent' ? 'the call carries no credential' : attestation.reason
    return err({ kind: 'unauthenticated', message })
  }

  private async issueTo(caller: SpiffeId, request: IssuanceRequest): Promise<Result<IssuedCertificate, Refusal>> {
    const { metrics, lifetimes, controlPlaneNames } = this.options
    const parsed = await parseCertificateRequest(request.csrPem)
    if (parsed.kind === 'err') {
      metrics.unreadableRequests.inc()
      return err({ kind: 'invalid-request', message: parsed.error.message })
    }
    const allowed = authorizeNames(parsed.value.subjectAltNames, caller, namesOf(controlPlaneNames, caller))
    if (allowed.kind === 'err') {
      metrics.foreignNames.inc()
      return err({ kind: 'permission-denied', message: allowed.error })
    }
    const lifetime = decideLifetime(request.requestedSeconds, lifetimes)
    if (lifetime.kind === 'err') return this.signError('TTL_ERROR', 'invalid-request', lifetime.error)
    return this.sign(caller, parsed.value, lifetime.value)
  }

  private async sign(identity: SpiffeId, request: CertificateRequest, lifetimeMs: number): Promise<Result<IssuedCertificate, Refusal>> {
    const { controlPlaneNames, slots, clock } = this.options
    const { active } = slots()
    const nowMs = clock.now()
    const hosts = namesOf(controlPlaneNames, identity)
    const template = workloadTemplate({ identity, hosts, publicKey: request.publicKey, lifetimeMs, signer: active.certificate, nowMs })
    if (template.kind === 'err') return this.signError('CA_NOT_READY', 'internal', template.error)
    try {
      const signed = await signContent(template.value, active)
      return signed.kind === 'ok' ? signed : this.signError('CERT_GEN_ERROR', 'internal', signed.error)
    } catch (error) {
      return this.signError('CERT_GEN_ERROR', 'internal', messageOf(error))
    }
  }

  private signError(error: SignError, kind: Refusal['kind'], message: string): Result<never, Refusal> {
    this.options.metrics.signErrors.inc({ error })
    return err({ kind, message })
  }
}
