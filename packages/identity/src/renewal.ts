/** Part of the life after which a certificate is renewed, at the latest (Istio's SECRET_GRACE_PERIOD_RATIO 0.5). */
const LATEST_FRACTION = 0.5
/** Renewals are spread over this part of the life before that, so that workloads started together do not come together. */
const JITTER_FRACTION = 0.05

/** The part of a certificate's life that was left when it was obtained. */
export interface CertificateLife {
  /** Milliseconds since the epoch. Not the certificate's own start, which lies in the past on purpose. */
  readonly obtainedAtMs: number
  readonly notAfterMs: number
}

/** When to renew, in milliseconds since the epoch: at half of the life, or up to a twentieth of it earlier. `random` is in [0, 1). */
export function renewalTimeMs(life: CertificateLife, random: number): number {
  const lengthMs = life.notAfterMs - life.obtainedAtMs
  return life.obtainedAtMs + lengthMs * (LATEST_FRACTION - JITTER_FRACTION * random)
}
