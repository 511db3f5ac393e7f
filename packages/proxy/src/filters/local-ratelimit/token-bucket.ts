export interface BucketConfig {
  readonly maxTokens: number
  readonly tokensPerFill: number
  /** Milliseconds in which `tokensPerFill` come. */
  readonly fillMs: number
}

/** Tokens that come back evenly over time; full at first (`envoy.type.v3.TokenBucket`). */
export class TokenBucket {
  readonly config: BucketConfig
  private tokens: number
  private lastMs: number

  constructor(config: BucketConfig, nowMs: number) {
    this.config = config
    this.tokens = config.maxTokens
    this.lastMs = nowMs
  }

  /** Takes one token if there is one. */
  take(nowMs: number): boolean {
    const { maxTokens, tokensPerFill, fillMs } = this.config
    this.tokens = Math.min(maxTokens, this.tokens + ((nowMs - this.lastMs) * tokensPerFill) / fillMs)
    this.lastMs = nowMs
    if (this.tokens < 1) return false
    this.tokens -= 1
    return true
  }

  /** Whole tokens left at the last `take`. */
  get remaining(): number {
    return Math.floor(this.tokens)
  }

  /** Seconds, rounded up, until there is one more than `remaining`. */
  get resetSeconds(): number {
    const { tokensPerFill, fillMs } = this.config
    const missing = this.remaining + 1 - this.tokens
    return Math.ceil((missing * fillMs) / tokensPerFill / 1000)
  }
}
