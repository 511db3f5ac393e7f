import { err, ok, type Result } from '@meshwork/core/result'

export interface LifetimePolicy {
  /** Given to whoever asks for none. Default of Istio: 24 h. */
  readonly defaultMs: number
  /** Longer requests are refused, not shortened, so that nobody is surprised later. Default of Istio: 90 d. */
  readonly maxMs: number
}

/** Decides the lifetime in milliseconds from the seconds asked for; zero or less asks for the default (security.md 1.6). */
export function decideLifetime(requestedSeconds: bigint, policy: LifetimePolicy): Result<number, string> {
  if (requestedSeconds <= 0n) return ok(policy.defaultMs)
  if (requestedSeconds * 1000n > BigInt(policy.maxMs)) {
    return err(`a lifetime of ${requestedSeconds} s is above the maximum of ${Math.floor(policy.maxMs / 1000)} s`)
  }
  return ok(Number(requestedSeconds) * 1000)
}
