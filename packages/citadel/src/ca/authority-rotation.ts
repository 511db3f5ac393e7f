import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import type { Certificate } from '@meshwork/core/x509'

import { type AuthoritySlots, type RetiredRoots, rootsOf, type SigningAuthority, trustedRoots } from './slots.ts'

export interface AuthorityRotationOptions {
  /** What signs at the start. */
  readonly first: SigningAuthority
  /** Roots that workloads were told to trust before this process started. */
  readonly known: readonly Certificate[]
  /** The authority that is plugged in now; undefined: there is none, or no more. Rejects while it cannot be known or used. */
  readonly pluggedIn: () => Promise<SigningAuthority | undefined>
  /** How long a new root is published before certificates below it are signed, in milliseconds. */
  readonly overlapMs: number
  /** Longest life of a certificate that was signed: so long an old root is trusted, in milliseconds. */
  readonly longestLifeMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** How long another authority goes unnoticed, in milliseconds. */
const POLL_MS = 2_000

/**
 * Takes another authority into use without a restart and without a request that fails: first everybody learns to trust its root, then
 * it signs, and the root before it is trusted until the last certificate below that has expired. State: the slots. Owned by citadel.
 */
export class AuthorityRotation implements Runner {
  readonly name = 'authority'
  private readonly options: AuthorityRotationOptions
  private readonly listeners = new Set<() => void>()
  private current: AuthoritySlots
  private signsAtMs = 0
  private problem = ''
  private timer: Timer | null = null
  private isClosed = false

  constructor(options: AuthorityRotationOptions) {
    this.options = options
    const { first, known, clock, longestLifeMs } = options
    const nowMs = clock.now()
    const forgotten = missing(
      known.filter(root => root.isCa && root.notAfterMs > nowMs),
      rootsOf(first),
    )
    const retired = forgotten.length === 0 ? [] : [{ roots: forgotten, untilMs: nowMs + longestLifeMs }]
    this.current = { active: first, prepared: null, retired }
  }

  get slots(): AuthoritySlots {
    return this.current
  }

  /** Calls `changed` whenever something else signs or is to be trusted. */
  onChange(changed: () => void): void {
    this.listeners.add(changed)
  }

  start(): Promise<void> {
    const { retired } = this.current
    if (retired.length > 0) {
      this.options.log.warn('roots that were published before are trusted a while longer', {
        until: retired.map(({ untilMs }) => textOf(untilMs)),
      })
    }
    this.again()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.isClosed = true
    this.timer?.cancel()
    return Promise.resolve()
  }

  private again(): void {
    if (!this.isClosed) this.timer = this.options.clock.after(POLL_MS, () => void this.look())
  }

  private async look(): Promise<void> {
    try {
      const authority = await this.options.pluggedIn()
      this.problem = ''
      if (authority !== undefined && !this.isClosed) this.take(authority)
    } catch (error) {
      this.failed(messageOf(error))
    }
    if (!this.isClosed) this.advance()
    this.again()
  }

  private failed(reason: string): void {
    if (reason === this.problem) return
    this.problem = reason
    this.options.log.error('another authority cannot be used, the one before stays', { reason })
  }

  private take(authority: SigningAuthority): void {
    const { active, prepared } = this.current
    if (isSame(authority, prepared ?? active)) return
    const { clock, log, overlapMs } = this.options
    const isTrusted = missing(rootsOf(authority), trustedRoots(this.current)).length === 0
    this.signsAtMs = clock.now() + (isTrusted ? 0 : overlapMs)
    this.become({ ...this.current, prepared: isSame(authority, active) ? null : authority })
    log.info('another authority was plugged in', { subject: authority.certificate.subject, signsFrom: textOf(this.signsAtMs) })
  }

  /** What is due by now. */
  private advance(): void {
    const nowMs = this.options.clock.now()
    const { active, prepared, retired } = this.current
    if (prepared !== null && nowMs >= this.signsAtMs) {
      const left: RetiredRoots = { roots: rootsOf(active), untilMs: nowMs + this.options.longestLifeMs }
      this.become({ active: prepared, prepared: null, retired: [...retired, left] })
      this.options.log.info('another authority signs', { subject: prepared.certificate.subject, oldRootsUntil: textOf(left.untilMs) })
    }
    const kept = this.current.retired.filter(({ untilMs }) => untilMs > nowMs)
    if (kept.length === this.current.retired.length) return
    this.become({ ...this.current, retired: kept })
    this.options.log.info('old roots are no longer trusted')
  }

  private become(slots: AuthoritySlots): void {
    this.current = slots
    for (const listener of this.listeners) listener()
  }
}

function isSame(a: SigningAuthority, b: SigningAuthority): boolean {
  const [roots, others] = [rootsOf(a), rootsOf(b)]
  return a.certificate.der.equals(b.certificate.der) && missing(roots, others).length === 0 && missing(others, roots).length === 0
}

/** Of `certificates`, those that are not among `others`. */
function missing(certificates: readonly Certificate[], others: readonly Certificate[]): readonly Certificate[] {
  return certificates.filter(({ der }) => !others.some(other => other.der.equals(der)))
}

function textOf(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
