import type { SpiffeId } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'
import { Backoff, type Clock, type Timer } from '@meshwork/core/time'
import { buildCertificateRequest, type CertBundle, createCertBundle, generateKeyPair, type KeyAlgorithm } from '@meshwork/core/x509'

import type { CertificateAuthority } from './certificate-authority.ts'
import { afterFailure, type IdentityFailure, type IdentityState } from './identity-state.ts'
import { renewalTimeMs } from './renewal.ts'

export interface IdentityWorkerOptions {
  readonly identity: SpiffeId
  readonly authority: CertificateAuthority
  readonly keyAlgorithm: KeyAlgorithm
  readonly clock: Clock
  readonly log: Logger
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** First retries come quickly, because a workload that starts with its mesh waits for citadel; later ones spare it. */
const RETRY = { initialMs: 100, maxMs: 30_000 }
/** Longest sleep: machines that were suspended or had their clock set look at the time again after it. */
const LONGEST_WAIT_MS = 30_000

/**
 * Keeps one identity: the only owner of its key, its certificate and its backoff. At any time it either waits for one timer or
 * for one request. Renewal makes a new key; the old certificate stays until the new one has been verified.
 */
export class IdentityWorker implements Runner {
  readonly name: string = 'identity'
  private readonly options: IdentityWorkerOptions
  private readonly backoff: Backoff
  private readonly listeners = new Set<(state: IdentityState) => void>()
  private current: IdentityState = { kind: 'initialising' }
  private timer: Timer | undefined
  private isAsking = false
  private isDueAgain = false
  private readonly closing = new AbortController()

  constructor(options: IdentityWorkerOptions) {
    this.options = options
    this.backoff = new Backoff({ ...RETRY, random: options.random })
  }

  get state(): IdentityState {
    return this.current
  }

  /** Calls `changed` after each attempt, also one that failed like the one before. Returns the function that ends this. */
  onChange(changed: (state: IdentityState) => void): () => void {
    this.listeners.add(changed)
    return () => void this.listeners.delete(changed)
  }

  /** Does not wait for the first certificate: a data plane starts without and takes it when it comes. */
  start(): Promise<void> {
    this.wake()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.closing.abort()
    this.timer?.cancel()
    this.listeners.clear()
    return Promise.resolve()
  }

  /** Asks for another certificate now, before its time; once more if a request is under way. */
  renew(): void {
    if (this.closing.signal.aborted) return
    this.isDueAgain = this.isAsking
    if (this.isAsking) return
    this.timer?.cancel()
    this.wake()
  }

  private wake(): void {
    void this.attempt()
  }

  private async attempt(): Promise<void> {
    this.isAsking = true
    const outcome = await this.obtain()
    this.isAsking = false
    if (this.closing.signal.aborted) return
    if (this.isDueAgain) {
      this.isDueAgain = false
      this.wake()
      return
    }
    if (outcome.kind === 'ok') this.obtained(outcome.value)
    else this.failed(outcome.error)
  }

  private obtained(bundle: CertBundle): void {
    const { clock, log, random } = this.options
    const nowMs = clock.now()
    this.backoff.reset()
    const { serialNumber, notAfterMs } = bundle.leaf
    log.info('certificate obtained', { identity: bundle.identity.uri, serial: serialNumber, notAfter: new Date(notAfterMs).toISOString() })
    this.become({ kind: 'available', bundle })
    this.renewAt(renewalTimeMs({ obtainedAtMs: nowMs, notAfterMs }, random()))
  }

  private failed(failure: IdentityFailure): void {
    const { clock, log, identity } = this.options
    const state = afterFailure(this.current, failure, clock.now())
    const fields = { identity: identity.uri, reason: failure.kind, detail: failure.message }
    if (state.kind === 'failing-with-valid') log.warn('certificate not renewed, the old one stays in use', fields)
    else log.warn('no certificate yet', fields)
    this.become(state)
    this.timer = clock.after(this.backoff.nextMs(), () => this.wake())
  }

  private renewAt(timeMs: number): void {
    const { clock } = this.options
    const waitMs = Math.min(timeMs - clock.now(), LONGEST_WAIT_MS)
    this.timer = clock.after(waitMs, () => (clock.now() >= timeMs ? this.wake() : this.renewAt(timeMs)))
  }

  /** A new key, a request for it, and the answer checked against both. */
  private async obtain(): Promise<Result<CertBundle, IdentityFailure>> {
    const { identity, authority, keyAlgorithm, clock } = this.options
    try {
      const keys = await generateKeyPair(keyAlgorithm)
      const csr = await buildCertificateRequest(keys, [{ kind: 'uri', value: identity.uri }])
      const signed = await authority.sign(csr, this.closing.signal)
      if (signed.kind === 'err') return signed
      const bundle = createCertBundle({ keys, ...signed.value }, clock.now())
      if (bundle.kind === 'err') return err({ kind: 'invalid', message: bundle.error })
      const got = bundle.value.identity.uri
      return got === identity.uri ? ok(bundle.value) : err({ kind: 'invalid', message: `the authority signed for '${got}'` })
    } catch (error) {
      return err({ kind: 'invalid', message: messageOf(error) })
    }
  }

  private become(state: IdentityState): void {
    this.current = state
    for (const listener of this.listeners) listener(state)
  }
}
