import type { AttributeBag } from '@meshwork/core/attributes'
import { grpcToHttpStatus } from '@meshwork/core/grpc'

import { ResponseFlag } from '../../http/response-flags.ts'
import {
  afterPolicy,
  type Checker,
  type CheckWaiter,
  describeStatus,
  type MixerClient,
  type MixerClients,
  OK,
  type Verdict,
} from '../../mixer-client/index.ts'
import {
  CONTINUE,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  PAUSE,
  REPLIED,
} from '../filter.ts'
import {
  decodeForwarded,
  FORWARD_HEADER,
  forwardHeader,
  isMixerServiceConfig,
  type MixerFilterConfig,
  type MixerServiceConfig,
} from './config.ts'
import { type CheckOutcome, reportBag } from './report-bag.ts'
import { RequestBag } from './request-bag.ts'

export const MIXER_FILTER = 'mixer'

const DENIED_DETAILS = 'mixer_denied'
const PLAIN_TEXT: readonly (readonly [string, string])[] = [['content-type', 'text/plain']]

/** The filter that asks Mixer before a request and reports after it. */
export function mixerBlueprint(config: MixerFilterConfig, clients: MixerClients): FilterBlueprint {
  return {
    name: MIXER_FILTER,
    compile: deps => new MixerFilter(config, clients.clientFor(config.client), deps),
  }
}

/** State of one request, kept by the stream. */
class MixerRequest implements CheckWaiter, CheckOutcome {
  readonly service: MixerServiceConfig
  readonly bag: AttributeBag
  readonly failOpen: boolean
  checked = false
  cacheHit = false
  verdict: Verdict = { code: OK, message: '' }
  private readonly stream: FilterStream

  constructor(stream: FilterStream, service: MixerServiceConfig, bag: AttributeBag, failOpen: boolean) {
    this.stream = stream
    this.service = service
    this.bag = bag
    this.failOpen = failOpen
  }

  verdictKnown(verdict: Verdict, fromCache: boolean): void {
    this.settle(verdict, fromCache)
    if (verdict.code === OK) this.stream.resume()
    else this.refuse()
  }

  settle(verdict: Verdict, fromCache: boolean): void {
    this.checked = true
    this.cacheHit = fromCache
    this.verdict = verdict
  }

  refuse(): void {
    const { code, message } = this.verdict
    this.stream.reply(
      grpcToHttpStatus(code),
      describeStatus(code, message),
      ResponseFlag.unauthorizedExternalService,
      DENIED_DETAILS,
      PLAIN_TEXT,
    )
  }
}

class MixerFilter implements HttpFilter {
  private readonly config: MixerFilterConfig
  private readonly client: MixerClient
  private readonly checker: Checker
  private readonly slot: number
  private readonly trustsForwarded: boolean
  private readonly forwardHeaders = new WeakMap<MixerServiceConfig, string>()

  constructor(config: MixerFilterConfig, client: MixerClient, deps: FilterDeps) {
    this.config = config
    this.client = client
    this.checker = client.checker
    this.slot = deps.slot
    this.trustsForwarded = deps.listener.direction === 'inbound'
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    const request = this.begin(stream)
    this.forwardTo(stream, request.service)
    if (!request.service.check) return CONTINUE
    const known = this.checker.fromCache(request.bag)
    if (known === null) {
      this.checker.ask(request)
      return PAUSE
    }
    request.settle(afterPolicy(known, false, request.failOpen), true)
    if (request.verdict.code === OK) return CONTINUE
    request.refuse()
    return REPLIED
  }

  /** Also for requests that were answered before they reached this filter. */
  onComplete(stream: FilterStream): void {
    const request = this.requestOf(stream) ?? this.begin(stream)
    this.checker.forget(request)
    if (request.service.report) this.client.reporter.report(reportBag(stream, request.bag, request.checked ? request : null))
  }

  private requestOf(stream: FilterStream): MixerRequest | null {
    const state = stream.state(this.slot)
    return state instanceof MixerRequest ? state : null
  }

  private begin(stream: FilterStream): MixerRequest {
    const settings = stream.settings(this.slot)
    const service = isMixerServiceConfig(settings) ? settings : this.config.defaultService
    const forwarded = this.takeForwarded(stream)
    const layers = [service.attributes, this.config.attributes]
    if (forwarded !== null) layers.unshift(forwarded)
    const request = new MixerRequest(stream, service, new RequestBag(stream, layers), service.failOpen ?? this.config.failOpen)
    stream.setState(this.slot, request)
    return request
  }

  /**
   * What the proxy before says about the source. Only a verified member of the mesh may say it, and only to an inbound
   * listener: anybody else's header is dropped unread (CVE-2020-8843).
   */
  private takeForwarded(stream: FilterStream): AttributeBag | null {
    const header = stream.requestHeaders.get(FORWARD_HEADER)
    if (header === null) return null
    stream.requestHeaders.remove(FORWARD_HEADER)
    return this.trustsForwarded && stream.connection.peer !== null ? decodeForwarded(header) : null
  }

  private forwardTo(stream: FilterStream, service: MixerServiceConfig): void {
    let header = this.forwardHeaders.get(service)
    if (header === undefined) {
      header = forwardHeader(this.config.forward, service.forward)
      this.forwardHeaders.set(service, header)
    }
    if (header !== '') stream.requestHeaders.set(FORWARD_HEADER, header)
  }
}
