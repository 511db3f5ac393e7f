import type { Adapter, AdapterHandler, CheckVerdict } from '@meshwork/adapter-sdk'
import { nanosOf } from '@meshwork/core/attributes'
import { Params } from '@meshwork/protos/istio/mixer/adapter/config/denier'

/** What holds where the parameters say nothing (mixer.md 6.1). */
const FAILED_PRECONDITION = 9
const DEFAULT_VALID_NANOS = 5_000_000_000n
const DEFAULT_USES = 1000

/** Refuses every request with the configured status; grants no quota. */
export const denier: Adapter<Params> = {
  name: 'denier',
  paramsType: 'adapter.denier.config.Params',
  decodeParams: bytes => Params.decode(bytes),
  build: ({ status, validDuration, validUseCount }): AdapterHandler => {
    const verdict: CheckVerdict = {
      code: status?.code ?? FAILED_PRECONDITION,
      message: status?.message ?? '',
      validNanos: validDuration === undefined ? DEFAULT_VALID_NANOS : nanosOf(validDuration),
      validUseCount: validUseCount === 0 ? DEFAULT_USES : validUseCount,
    }
    return {
      checkNothing: () => verdict,
      listEntry: () => verdict,
      quota: () => ({ amount: 0n, validNanos: 0n }),
    }
  },
}
