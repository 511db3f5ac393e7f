import type { DescriptorEntry } from '../../route/rate-limit.ts'
import { type BucketConfig, TokenBucket } from './token-bucket.ts'

/** Tokens for requests with a descriptor (`LocalRateLimitDescriptor`). An entry without a value stands for any. */
export interface DescriptorLimit {
  readonly entries: readonly DescriptorEntry[]
  readonly bucket: BucketConfig
}

/** Buckets of values that were not foreseen; more of them share one, so that clients cannot fill the memory. */
const MAX_DYNAMIC = 1000

/** The buckets of a filter's descriptors. */
export class DescriptorBuckets {
  private readonly limits: readonly DescriptorLimit[]
  private readonly buckets = new Map<string, TokenBucket>()

  constructor(limits: readonly DescriptorLimit[]) {
    this.limits = limits
  }

  /** Those whose tokens a request with these descriptors takes, the slowest to fill first. */
  for(descriptors: readonly (readonly DescriptorEntry[])[], nowMs: number): readonly TokenBucket[] {
    const found: TokenBucket[] = []
    for (const descriptor of descriptors) {
      const limit = this.limits.find(({ entries }) => meets(descriptor, entries))
      if (limit !== undefined) found.push(this.bucketOf(limit, descriptor, nowMs))
    }
    return found.length < 2 ? found : found.toSorted((a, b) => rate(a) - rate(b))
  }

  private bucketOf(limit: DescriptorLimit, descriptor: readonly DescriptorEntry[], nowMs: number): TokenBucket {
    const key = `${this.limits.indexOf(limit)} ${this.buckets.size < MAX_DYNAMIC ? JSON.stringify(descriptor) : ''}`
    const known = this.buckets.get(key) ?? new TokenBucket(limit.bucket, nowMs)
    this.buckets.set(key, known)
    return known
  }
}

function meets(descriptor: readonly DescriptorEntry[], entries: readonly DescriptorEntry[]): boolean {
  if (descriptor.length !== entries.length) return false
  return entries.every(([key, value], i) => descriptor[i]?.[0] === key && (value === '' || descriptor[i][1] === value))
}

function rate({ config: { tokensPerFill, fillMs } }: TokenBucket): number {
  return tokensPerFill / fillMs
}
