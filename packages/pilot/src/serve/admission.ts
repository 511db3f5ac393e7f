import type { SocketAddress } from '@meshwork/core/ids'
import type { Logger } from '@meshwork/core/log'
import { type HttpAnswer, textAnswer } from '@meshwork/core/serve'
import type { Clock } from '@meshwork/core/time'
import type { Registry } from 'prom-client'
import type { ProxyConfigObject } from '../inject/effective-proxy-config.ts'
import { InjectionMetrics } from '../inject/injection-metrics.ts'
import { injectionWebhook, type InjectorSource } from '../inject/injection-webhook.ts'
import { AdmissionMetrics } from '../validate/admission-metrics.ts'
import { type AdmissionRequest, admissionReviewText, parseAdmissionReview } from '../validate/admission-review.ts'
import type { KnownMesh } from '../validate/advice.ts'
import type { Refusal } from '../validate/judge.ts'
import { Validator } from '../validate/validator.ts'
import { WebhookEndpoint, type WebhookTls } from './webhook-endpoint.ts'

/** The port that API servers ask before they take an object. */
export interface WebhookPort {
  readonly address: SocketAddress
  readonly tls: WebhookTls
  /** What pods are injected with; absent: nobody is asked about pods. */
  readonly injector?: InjectorSource
}

export interface AdmissionOptions extends WebhookPort {
  readonly mesh: () => KnownMesh
  /** Settings of proxies that are in force, oldest first. */
  readonly proxyConfigs: () => readonly ProxyConfigObject[]
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Logger
}

/** Istio's paths. */
const VALIDATE = '/validate'
const INJECT = '/inject'

/** The webhooks for objects and for pods, with their port. */
export function admissionEndpoint(options: AdmissionOptions): WebhookEndpoint {
  const { address, tls, mesh, registry, clock, log, injector } = options
  const metrics = new AdmissionMetrics(registry)
  const validator = new Validator({ mesh, clock })
  const validate = (body: string): HttpAnswer => {
    const review = parseAdmissionReview(body)
    if (review.kind === 'err') {
      metrics.httpError(400)
      return textAnswer(`${review.error}\n`, 400)
    }
    const { apiVersion, request } = review.value
    const { verdict, response } = validator.review(request)
    metrics.judged(request, verdict)
    if (verdict.kind === 'refused') log.info('object refused at admission', refusalFields(request, verdict))
    return { status: 200, contentType: 'application/json', body: admissionReviewText(apiVersion, response) }
  }
  const inject =
    injector === undefined
      ? null
      : injectionWebhook({ injector, proxyConfigs: options.proxyConfigs, metrics: new InjectionMetrics(registry), clock, log })
  const webhooks = new Map([[VALIDATE, validate], ...(inject === null ? [] : [[INJECT, inject] as const])])
  return new WebhookEndpoint({ address, tls, webhooks, refused: status => metrics.httpError(status), log })
}

function refusalFields({ object, namespace, name }: AdmissionRequest, { reason, violations }: Refusal): Readonly<Record<string, unknown>> {
  return { kind: object?.['kind'], namespace, name, reason, violations: violations.map(({ path, code }) => `${path} ${code}`) }
}
