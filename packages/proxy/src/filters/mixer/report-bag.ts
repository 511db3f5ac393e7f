import { type AttributeBag, instant, type LayeredBag, parseIpText, stringMap, timeSpan } from '@meshwork/core/attributes'

import { describeStatus, OK, snapshotBag, type Verdict } from '../../mixer-client/index.ts'
import type { FilterStream } from '../filter.ts'
import { HeaderMap } from './header-map.ts'

const NANOS_PER_MS = 1_000_000n
/** What is reported when no response was made (mixer.md 2.2). */
const NO_RESPONSE = 500

/** How the check of a request went; null when none was made. */
export interface CheckOutcome {
  readonly verdict: Verdict
  readonly cacheHit: boolean
}

/** The attributes of a finished request, independent of its stream. */
export function reportBag(stream: FilterStream, request: AttributeBag, check: CheckOutcome | null): AttributeBag {
  const bag = snapshotBag(request)
  addSizes(bag, stream)
  addResponse(bag, stream)
  addDestination(bag, stream)
  if (check !== null) addCheck(bag, check)
  return bag
}

function addSizes(bag: LayeredBag, stream: FilterStream): void {
  bag.set('request.size', BigInt(stream.requestBytes))
  bag.set('request.total_size', BigInt(stream.requestTotalBytes))
  bag.set('response.size', BigInt(stream.responseBytes))
  bag.set('response.total_size', BigInt(stream.responseTotalBytes))
}

function addResponse(bag: LayeredBag, stream: FilterStream): void {
  const durationNanos = BigInt(Math.round(stream.durationMs() * 1e6))
  bag.set('response.code', BigInt(stream.status === 0 ? NO_RESPONSE : stream.status))
  bag.set('response.duration', timeSpan(durationNanos))
  bag.set('response.time', instant(BigInt(Math.round(stream.startTimeMs)) * NANOS_PER_MS + durationNanos))
  const { responseHeaders, responseTrailers } = stream
  const headers = new Map(
    responseHeaders === null ? [] : new HeaderMap(responseHeaders, new Map([[':status', String(stream.status)]])).entries(),
  )
  if (responseTrailers !== null) for (const [name, value] of new HeaderMap(responseTrailers, new Map()).entries()) headers.set(name, value)
  bag.set('response.headers', stringMap(headers))
  const grpcStatus = headers.get('grpc-status')
  const grpcMessage = headers.get('grpc-message')
  if (grpcStatus !== undefined) bag.set('response.grpc_status', grpcStatus)
  if (grpcMessage !== undefined) bag.set('response.grpc_message', grpcMessage)
}

/** Where the request went, unless the control plane said so already. */
function addDestination(bag: LayeredBag, stream: FilterStream): void {
  const { upstream } = stream
  if (upstream === null) return
  const ip = parseIpText(upstream.host)
  if (ip !== undefined && bag.get('destination.ip') === undefined) {
    bag.set('destination.ip', ip)
    bag.set('destination.port', BigInt(upstream.port))
  }
  const istio = upstream.metadata['istio']
  const uid = typeof istio === 'object' && istio !== null && 'uid' in istio ? istio.uid : undefined
  if (typeof uid === 'string' && bag.get('destination.uid') === undefined) bag.set('destination.uid', uid)
}

function addCheck(bag: LayeredBag, check: CheckOutcome): void {
  bag.set('check.cache_hit', check.cacheHit)
  bag.set('quota.cache_hit', check.cacheHit)
  if (check.verdict.code === OK) return
  bag.set('check.error_code', BigInt(check.verdict.code))
  bag.set('check.error_message', describeStatus(check.verdict.code, check.verdict.message))
}
