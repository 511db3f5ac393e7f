import { ResponseFlag } from '../../http/response-flags.ts'
import type { SideCall, SideCallOwner, SideResponse } from '../../upstream/side-call.ts'
import {
  BUFFER,
  CONTINUE,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  PAUSE,
  REPLIED,
} from '../filter.ts'
import { AuthzStats } from './authz-stats.ts'
import { applyChanges, applyVerdict } from './apply.ts'
import { grpcQuestion, grpcVerdict } from './grpc-service.ts'
import { httpQuestion, httpVerdict } from './http-service.ts'
import { type BodySettings, CheckSettings, type ExtAuthzFields } from './settings.ts'
import { ERROR, type HeaderChange, type Verdict } from './verdict.ts'

export const EXT_AUTHZ_FILTER = 'envoy.filters.http.ext_authz'
const NO_EXTENSIONS: Readonly<Record<string, string>> = {}

export function extAuthzBlueprint(fields: ExtAuthzFields): FilterBlueprint {
  return { name: EXT_AUTHZ_FILTER, compile: deps => new ExtAuthzFilter(fields, deps) }
}

/** The check of one request. */
class AuthzRequest implements SideCallOwner {
  readonly body: BodySettings | null
  readonly extensions: Readonly<Record<string, string>>
  readonly parts: Buffer[] = []
  bytes = 0
  asked = false
  call: SideCall | null = null
  responseChanges: readonly HeaderChange[] = []
  private readonly filter: ExtAuthzFilter
  private readonly stream: FilterStream

  constructor(filter: ExtAuthzFilter, stream: FilterStream, body: BodySettings | null, extensions: Readonly<Record<string, string>>) {
    this.filter = filter
    this.stream = stream
    this.body = body
    this.extensions = extensions
  }

  onSideResponse(response: SideResponse): void {
    this.filter.settle(this.stream, this, this.filter.read(response))
  }

  onSideFailure(): void {
    this.filter.settle(this.stream, this, ERROR)
  }
}

/** Asks a service whether a request may pass (`envoy.extensions.filters.http.ext_authz.v3.ExtAuthz`). */
class ExtAuthzFilter implements HttpFilter {
  private readonly fields: ExtAuthzFields
  private readonly deps: FilterDeps
  private readonly stats: AuthzStats

  constructor(fields: ExtAuthzFields, deps: FilterDeps) {
    this.fields = fields
    this.deps = deps
    this.stats = new AuthzStats(deps.stats, fields.statPrefix)
  }

  onRequestHead(stream: FilterStream, endStream: boolean): FilterStatus {
    if (!this.isEnabled(stream)) return this.passDisabled(stream)
    const settings = stream.settings(this.deps.slot)
    const check = settings instanceof CheckSettings ? settings : null
    const body = check?.withoutBody === true ? null : (check?.body ?? this.fields.body)
    const request = new AuthzRequest(this, stream, body, check?.contextExtensions ?? NO_EXTENSIONS)
    stream.setState(this.deps.slot, request)
    if (body === null || endStream) return this.ask(stream, request, body === null ? null : false)
    if (!body.allowsPartial) stream.limitRequestBuffer(body.maxBytes)
    return BUFFER
  }

  onRequestData(stream: FilterStream, chunk: Buffer): FilterStatus {
    const request = this.requestOf(stream)
    if (request === null || request.body === null || request.asked) return CONTINUE
    request.parts.push(Buffer.from(chunk.subarray(0, Math.max(0, request.body.maxBytes - request.bytes))))
    request.bytes += chunk.length
    if (!request.body.allowsPartial || request.bytes < request.body.maxBytes) return BUFFER
    return this.ask(stream, request, true)
  }

  onRequestEnd(stream: FilterStream): FilterStatus {
    const request = this.requestOf(stream)
    return request === null || request.body === null || request.asked ? CONTINUE : this.ask(stream, request, false)
  }

  onResponseHead(stream: FilterStream): FilterStatus {
    const request = this.requestOf(stream)
    if (request !== null && stream.responseHeaders !== null) applyChanges(stream.responseHeaders, request.responseChanges)
    return CONTINUE
  }

  onComplete(stream: FilterStream): void {
    this.requestOf(stream)?.call?.cancel()
  }

  read(response: SideResponse): Verdict {
    const { service } = this.fields
    return service.kind === 'http' ? httpVerdict(response, service) : grpcVerdict(response)
  }

  settle(stream: FilterStream, request: AuthzRequest, verdict: Verdict): void {
    request.call = null
    if (verdict.kind === 'error') {
      this.fail(stream)
      return
    }
    if (verdict.metadata !== null) stream.mergeDynamicMetadata(EXT_AUTHZ_FILTER, verdict.metadata)
    if (verdict.kind === 'denied') {
      this.stats.denied()
      stream.reply(verdict.status, verdict.body, ResponseFlag.unauthorizedExternalService, 'ext_authz_denied', verdict.headers)
      return
    }
    this.stats.ok()
    request.responseChanges = verdict.responseChanges
    applyVerdict(stream, verdict)
    if (this.fields.clearsRouteCache) stream.rematchRoute()
    stream.resumeRequest(this.deps.slot)
  }

  private fail(stream: FilterStream): void {
    this.stats.error()
    if (this.fields.failureModeAllow) {
      this.stats.failureAllowed()
      if (this.fields.failureModeHeader) stream.requestHeaders.set('x-envoy-auth-failure-mode-allowed', 'true')
      stream.resumeRequest(this.deps.slot)
      return
    }
    stream.reply(this.fields.statusOnError, '', ResponseFlag.unauthorizedExternalService, 'ext_authz_error')
  }

  /** `partial`: whether the body is cut off; null: it is not sent. */
  private ask(stream: FilterStream, request: AuthzRequest, partial: boolean | null): FilterStatus {
    request.asked = true
    const { fields } = this
    const { service } = fields
    const body = Buffer.concat(request.parts)
    request.parts.length = 0
    const question =
      service.kind === 'http'
        ? httpQuestion(stream, fields, service, body, partial)
        : grpcQuestion(stream, fields, service, request.extensions, body, partial)
    request.call = this.deps.sideCall(service.cluster, question, request)
    return PAUSE
  }

  private isEnabled(stream: FilterStream): boolean {
    const { enabledPpm, enabledMetadata } = this.fields
    if (enabledPpm < 1_000_000 && this.deps.random() * 1_000_000 >= enabledPpm) return false
    return enabledMetadata === null || enabledMetadata(stream)
  }

  private passDisabled(stream: FilterStream): FilterStatus {
    this.stats.disabled()
    if (!this.fields.deniesWhenDisabled) return CONTINUE
    stream.reply(this.fields.statusOnError, '', ResponseFlag.unauthorizedExternalService, 'ext_authz_error')
    return REPLIED
  }

  private requestOf(stream: FilterStream): AuthzRequest | null {
    const state = stream.state(this.deps.slot)
    return state instanceof AuthzRequest ? state : null
  }
}
