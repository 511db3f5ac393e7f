import { existsSync, readFileSync } from 'node:fs'

import { bagOf, GLOBAL_DICTIONARY } from '@meshwork/core/attributes'
import { CheckResponse, ReferencedAttributes_Condition } from '@meshwork/protos/istio/mixer/v1/check'
import { describe, expect, it } from 'vitest'

import { CheckCache } from './check-cache.ts'
import { decodeAnswer } from './decode-answer.ts'

const RECORDED = new URL('../../../../../shared/conformance/mixer-client/caches.json', import.meta.url)

interface Operation {
  readonly check?: Record<string, string>
  readonly hit?: boolean
  readonly atMs?: number
  readonly repeat?: number
  readonly atMsStep?: number
  readonly for?: Record<string, string>
  readonly status?: number
  readonly store?: {
    readonly valid_use_count?: number
    readonly valid_duration_ms?: number
    readonly referenced?: readonly { readonly name: number; readonly condition: 'EXACT' | 'ABSENCE' }[]
  }
}

interface Recorded {
  readonly checkCache: readonly { readonly name: string; readonly cacheEntries?: number; readonly ops: readonly Operation[] }[]
}

function answerOf(store: NonNullable<Operation['store']>): CheckResponse {
  if (Object.keys(store).length === 0) return CheckResponse.fromPartial({})
  const duration = store.valid_duration_ms
  return CheckResponse.fromPartial({
    precondition: {
      validUseCount: store.valid_use_count ?? 0,
      ...(duration === undefined ? {} : { validDuration: { seconds: 0n, nanos: duration * 1e6 } }),
      referencedAttributes: {
        attributeMatches: (store.referenced ?? []).map(({ name, condition }) => ({
          name,
          condition: ReferencedAttributes_Condition[condition],
        })),
      },
    },
  })
}

function replay(cache: CheckCache, operation: Operation, last: Record<string, string>): void {
  const request = operation.for ?? operation.check ?? last
  if (operation.store !== undefined) {
    const answer = decodeAnswer(answerOf(operation.store))
    if (operation.status !== undefined) expect(answer.verdict.code).toBe(operation.status)
    cache.store(bagOf(request), answer, operation.atMs ?? 0)
    return
  }
  for (let turn = 0; turn < (operation.repeat ?? 1); turn++) {
    const now = (operation.atMs ?? 0) + turn * (operation.atMsStep ?? 0)
    expect(cache.take(bagOf(request), now) !== null).toBe(operation.hit)
  }
}

describe.skipIf(!existsSync(RECORDED))('recorded behaviour of the check cache (needs shared/conformance beside the repository)', () => {
  const recorded: Recorded = existsSync(RECORDED) ? JSON.parse(readFileSync(RECORDED, 'utf8')) : { checkCache: [] }
  it.each(recorded.checkCache)('$name', given => {
    const cache = new CheckCache(given.cacheEntries ?? 10_000)
    let last: Record<string, string> = {}
    for (const operation of given.ops) {
      replay(cache, operation, last)
      last = operation.check ?? last
    }
  })
})

describe('CheckCache', () => {
  const references = [{ name: 'a', mapKey: undefined, condition: 'exact' as const }]
  const denial = { verdict: { code: 7, message: 'no' }, references, validMs: 100, uses: Infinity, cacheable: true }

  it('keeps denials, by the values they depend on', () => {
    const cache = new CheckCache(10)
    cache.store(bagOf({ a: 'x', b: 'y' }), denial, 0)
    expect(cache.take(bagOf({ a: 'x', b: 'z' }), 99)).toEqual({ code: 7, message: 'no' })
    expect(cache.take(bagOf({ a: 'y' }), 99)).toBeNull()
    expect(cache.take(bagOf({ a: 'x' }), 100)).toBeNull()
  })

  it('does not keep an answer that names words it does not know', () => {
    const unknown = { name: GLOBAL_DICTIONARY.words.length + 1, condition: ReferencedAttributes_Condition.EXACT }
    const response = CheckResponse.fromPartial({
      precondition: { validUseCount: 1, referencedAttributes: { attributeMatches: [unknown] } },
    })
    expect(decodeAnswer(response).cacheable).toBe(false)
  })
})
