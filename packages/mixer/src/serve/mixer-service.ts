import { type sendUnaryData, type ServerUnaryCall, status } from '@grpc/grpc-js'
import {
  type AttributeBag,
  decompressLazily,
  type Dictionary,
  encodeReferences,
  GLOBAL_DICTIONARY,
  reportRecords,
  splitSpan,
  TrackingBag,
} from '@meshwork/core/attributes'
import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import type { CheckRequest, CheckResponse, CheckResponse_QuotaResult } from '@meshwork/protos/istio/mixer/v1/check'
import {
  CheckResponse as CheckResponseCodec,
  CheckResponse_QuotaResult as QuotaResultCodec,
  ReferencedAttributes,
} from '@meshwork/protos/istio/mixer/v1/check'
import type { ReportRequest, ReportResponse } from '@meshwork/protos/istio/mixer/v1/report'
import type { MixerServer } from '@meshwork/protos/istio/mixer/v1/service'
import type { Dispatcher } from '../dispatch/index.ts'
import type { MixerMetrics } from './metrics.ts'

export interface MixerServiceOptions {
  /** The reading of the configuration in force; asked once per call. */
  readonly dispatcher: () => Dispatcher
  readonly metrics: MixerMetrics
  readonly clock: Clock
}

/** A call that ends with a gRPC error: trouble inside Mixer or its adapters, never a denial. */
class CallFailure extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** `istio.mixer.v1.Mixer` (mixer.md 1.3, 1.4). */
export class MixerService {
  private readonly options: MixerServiceOptions
  /** Dictionaries of peers that know fewer words; at most as many as there are words. */
  private readonly dictionaries = new Map<number, Dictionary>()

  constructor(options: MixerServiceOptions) {
    this.options = options
  }

  /** As grpc-js wants it. */
  handlers(): MixerServer {
    return {
      check: (call, callback) => void this.answer('Check', call, callback, deadline => this.check(call.request, deadline)),
      report: (call, callback) => void this.answer('Report', call, callback, deadline => this.report(call.request, deadline)),
    }
  }

  private async check(request: CheckRequest, deadlineMs: number): Promise<CheckResponse> {
    const dispatcher = this.options.dispatcher()
    const peer = this.dictionaryOf(request.globalWordCount)
    const bag = new TrackingBag(request.attributes === undefined ? EMPTY_BAG : decompressLazily(request.attributes, GLOBAL_DICTIONARY))
    const before = bag.snapshot()
    const verdict = await dispatcher.check(bag, deadlineMs)
    if (verdict.kind === 'err') throw new CallFailure(status.INTERNAL, `performing check operation failed: ${verdict.errors.join('; ')}`)
    const { code, message, validNanos, validUseCount } = verdict.value
    const precondition = {
      status: { code, message, details: [] },
      validDuration: splitSpan(validNanos),
      validUseCount,
      referencedAttributes: ReferencedAttributes.fromPartial(encodeReferences(bag.references(), peer)),
    }
    const quotas: Record<string, CheckResponse_QuotaResult> = {}
    if (code === 0) {
      for (const [name, ask] of Object.entries(request.quotas)) {
        // Each quota depends on what it read itself, not on what the check or the quota before it read.
        bag.restore(before)
        const granted = await dispatcher.quota(bag, name, ask, `${request.deduplicationId}${name}`, deadlineMs)
        quotas[name] = QuotaResultCodec.fromPartial({
          ...(granted.kind === 'ok'
            ? { grantedAmount: granted.value.grantedAmount, validDuration: splitSpan(granted.value.validNanos) }
            : {}),
          referencedAttributes: ReferencedAttributes.fromPartial(encodeReferences(bag.references(), peer)),
        })
      }
    }
    return CheckResponseCodec.fromPartial({ precondition, quotas })
  }

  private async report(request: ReportRequest, deadlineMs: number): Promise<ReportResponse> {
    const session = this.options.dispatcher().report()
    for (const record of reportRecords(request.attributes, request.defaultWords, GLOBAL_DICTIONARY)) {
      if (record.kind === 'ok') session.add(record.value)
      else session.errors.push(`request could not be processed due to invalid attributes: ${record.error}`)
    }
    await session.flush(deadlineMs)
    if (session.errors.length > 0) throw new CallFailure(status.UNKNOWN, session.errors.join('; '))
    return {}
  }

  private async answer<Request, Response>(
    method: 'Check' | 'Report',
    call: ServerUnaryCall<Request, Response>,
    callback: sendUnaryData<Response>,
    run: (deadlineMs: number) => Promise<Response>,
  ): Promise<void> {
    const { clock, metrics } = this.options
    const start = clock.monotonicMs()
    const finish = (code: number): void => metrics.answered(method, status[code] ?? 'UNKNOWN', (clock.monotonicMs() - start) / 1000)
    try {
      const response = await run(Number(call.getDeadline()))
      finish(status.OK)
      callback(null, response)
    } catch (error) {
      const code = error instanceof CallFailure ? error.code : status.INTERNAL
      finish(code)
      callback({ code, details: messageOf(error) })
    }
  }

  private dictionaryOf(wordCount: number): Dictionary {
    if (wordCount >= GLOBAL_DICTIONARY.words.length) return GLOBAL_DICTIONARY
    const known = this.dictionaries.get(wordCount)
    if (known !== undefined) return known
    const dictionary = GLOBAL_DICTIONARY.prefix(wordCount)
    this.dictionaries.set(wordCount, dictionary)
    return dictionary
  }
}

const EMPTY_BAG: AttributeBag = { get: () => undefined, names: () => [] }
