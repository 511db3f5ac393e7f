import type { Clock } from '@meshwork/core/time'

/** `envoy.type.v3.TokenBucket`: full at first, filled evenly, never over `maxTokens`. */
export interface TokenBucketConfig {
  readonly maxTokens: number
  readonly tokensPerFill: number
  readonly fillIntervalMs: number
}

/** Owned by whoever limits; shared by all connections it limits. */
export class TokenBucket {
  private readonly config: TokenBucketConfig
  private readonly clock: Clock
  private tokens: number
  private filledAtMs: number

  constructor(config: TokenBucketConfig, clock: Clock) {
    this.config = config
    this.clock = clock
    this.tokens = config.maxTokens
    this.filledAtMs = clock.monotonicMs()
  }

  /** False: none is left. */
  take(): boolean {
    const nowMs = this.clock.monotonicMs()
    const filled = ((nowMs - this.filledAtMs) * this.config.tokensPerFill) / this.config.fillIntervalMs
    this.tokens = Math.min(this.config.maxTokens, this.tokens + filled)
    this.filledAtMs = nowMs
    if (this.tokens < 1) return false
    this.tokens--
    return true
  }
}
