import type { Logger } from '@meshwork/core/log'
import type { Result } from '@meshwork/core/result'
import { type HttpAnswer, textAnswer } from '@meshwork/core/serve'
import type { Clock } from '@meshwork/core/time'
import { type AdmissionRequest, type AdmissionResponse, admissionReviewText, parseAdmissionReview } from '../validate/admission-review.ts'
import type { ProxyConfigObject } from './effective-proxy-config.ts'
import { injectPod, type InjectionOutcome, type Injector } from './inject-pod.ts'
import type { InjectionMetrics } from './injection-metrics.ts'
import { jsonPatch } from './json-patch.ts'
import { type Fields, fieldsOf, textOf } from './json.ts'

/** What is in force now, or why nothing is. */
export type InjectorSource = () => Result<Injector, string>

export interface InjectionWebhookOptions {
  readonly injector: InjectorSource
  readonly proxyConfigs: () => readonly ProxyConfigObject[]
  readonly metrics: InjectionMetrics
  readonly clock: Clock
  readonly log: Logger
}

/** API servers cut warnings that are longer than 256 characters when there are many; nobody reads more than these. */
const MOST_WARNINGS = 8
const LONGEST_WARNING = 256

interface Answered {
  readonly outcome: InjectionOutcome['kind']
  readonly response: AdmissionResponse
}

/** Answers `/inject`: what an API server has to change in a pod before it takes it. A dry run is answered alike: nothing is kept. */
export function injectionWebhook(options: InjectionWebhookOptions): (body: string) => HttpAnswer {
  const { metrics, clock } = options
  return body => {
    const begin = clock.monotonicMs()
    const review = parseAdmissionReview(body)
    if (review.kind === 'err') {
      metrics.asked('refused', (clock.monotonicMs() - begin) / 1000)
      return textAnswer(`${review.error}\n`, 400)
    }
    const { outcome, response } = answer(review.value.request, options)
    metrics.asked(outcome, (clock.monotonicMs() - begin) / 1000)
    return { status: 200, contentType: 'application/json', body: admissionReviewText(review.value.apiVersion, response) }
  }
}

function answer(request: AdmissionRequest, { injector, proxyConfigs, log }: InjectionWebhookOptions): Answered {
  const { uid, object, operation, subResource, namespace } = request
  if (object === undefined || object['kind'] !== 'Pod' || operation !== 'CREATE' || subResource !== '') {
    return { outcome: 'skipped', response: { uid, allowed: true } }
  }
  const current = injector()
  const outcome =
    current.kind === 'err' ? unusable(current.error) : injectPod(object, namespace, { ...current.value, proxyConfigs: proxyConfigs() })
  const pod = podName(object, request.name)
  if (outcome.kind === 'refused') {
    log.warn('pod refused at injection', { namespace, pod, problems: outcome.problems })
    return { outcome: 'refused', response: refusal(uid, pod, outcome.problems) }
  }
  if (outcome.kind === 'skipped') {
    const warnings = [`pod ${pod} gets no proxy: ${outcome.reason}`].map(cut)
    return { outcome: 'skipped', response: { uid, allowed: true, warnings } }
  }
  log.debug('pod injected', { namespace, pod })
  return { outcome: 'injected', response: patched(uid, object, outcome.pod, outcome.warnings) }
}

function unusable(reason: string): InjectionOutcome {
  return { kind: 'refused', problems: [`the configuration of the injector cannot be used: ${reason}`] }
}

function patched(uid: string, before: Fields, after: Fields, warnings: readonly string[]): AdmissionResponse {
  const patch = Buffer.from(JSON.stringify(jsonPatch(before, after))).toString('base64')
  const told = warnings.slice(0, MOST_WARNINGS).map(cut)
  return { uid, allowed: true, patchType: 'JSONPatch', patch, ...(told.length > 0 && { warnings: told }) }
}

function refusal(uid: string, pod: string, problems: readonly string[]): AdmissionResponse {
  const message = `pod ${pod} cannot be injected: ${problems.join('; ')}`
  return { uid, allowed: false, status: { status: 'Failure', code: 422, reason: 'Invalid', message } }
}

/** Controllers leave the name to the API server. */
function podName(pod: Fields, name: string): string {
  const metadata = fieldsOf(pod['metadata'])
  return name || textOf(metadata['name']) || textOf(metadata['generateName']) || '(without a name)'
}

function cut(text: string): string {
  return text.length <= LONGEST_WARNING ? text : `${text.slice(0, LONGEST_WARNING - 1)}…`
}
