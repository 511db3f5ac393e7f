import { GLOBAL_DICTIONARY, resolveReferences } from '@meshwork/core/attributes'
import type { CheckResponse } from '@meshwork/protos/istio/mixer/v1/check'

import type { CheckAnswer } from './check-cache.ts'
import { INVALID_ARGUMENT } from './describe-status.ts'

const NO_PRECONDITION: CheckAnswer = {
  verdict: { code: INVALID_ARGUMENT, message: 'the answer has no precondition' },
  references: [],
  validMs: 0,
  uses: 0,
  cacheable: false,
}

/** `valid_duration` absent: no time limit; `valid_use_count` negative: no limit of uses (mixer.md 1.6). */
export function decodeAnswer(response: CheckResponse): CheckAnswer {
  const { precondition } = response
  if (precondition === undefined) return NO_PRECONDITION
  const resolved = resolveReferences(precondition.referencedAttributes ?? { words: [], attributeMatches: [] }, GLOBAL_DICTIONARY)
  const duration = precondition.validDuration
  return {
    verdict: { code: precondition.status?.code ?? 0, message: precondition.status?.message ?? '' },
    references: resolved.references,
    validMs: duration === undefined ? Infinity : Number(duration.seconds) * 1000 + duration.nanos / 1e6,
    uses: precondition.validUseCount < 0 ? Infinity : precondition.validUseCount,
    cacheable: resolved.complete,
  }
}
