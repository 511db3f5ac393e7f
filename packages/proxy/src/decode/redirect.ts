import {
  type DirectResponseAction as ProtoDirectResponse,
  type RedirectAction as ProtoRedirect,
  RedirectAction_RedirectResponseCode,
} from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { DirectResponseAction, RedirectAction } from '../model/route.ts'
import { inlineText } from './data-source.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'

const FIELDS: FieldPolicy<ProtoRedirect> = {
  read: ['schemeRewriteSpecifier', 'hostRedirect', 'portRedirect', 'pathRewriteSpecifier', 'responseCode', 'stripQuery'],
  harmless: [],
}

const STATUS: ReadonlyMap<number, RedirectAction['status']> = new Map([
  [RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY, 301],
  [RedirectAction_RedirectResponseCode.FOUND, 302],
  [RedirectAction_RedirectResponseCode.SEE_OTHER, 303],
  [RedirectAction_RedirectResponseCode.TEMPORARY_REDIRECT, 307],
  [RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT, 308],
])

export function decodeRedirect(redirect: ProtoRedirect, report: Report): RedirectAction {
  refuseOtherFields(redirect, FIELDS, report)
  const status = STATUS.get(redirect.responseCode)
  if (status === undefined) report.at('response_code').refuse('unknown-value', `${redirect.responseCode} is not a redirect`)
  return {
    kind: 'redirect',
    status: status ?? 301,
    scheme: schemeOf(redirect),
    host: redirect.hostRedirect === '' ? null : redirect.hostRedirect,
    port: redirect.portRedirect === 0 ? 'unless-default' : redirect.portRedirect,
    path: pathOf(redirect, report),
    stripQuery: redirect.stripQuery,
  }
}

function schemeOf({ schemeRewriteSpecifier: specifier }: ProtoRedirect): string | null {
  if (specifier?.$case === 'schemeRedirect') return specifier.value
  return specifier?.value === true ? 'https' : null
}

function pathOf({ pathRewriteSpecifier: specifier }: ProtoRedirect, report: Report): RedirectAction['path'] {
  switch (specifier?.$case) {
    case undefined:
      return { kind: 'keep' }
    case 'pathRedirect':
      return { kind: 'replace', value: specifier.value }
    case 'prefixRewrite':
      return { kind: 'prefix', value: specifier.value }
    case 'regexRewrite':
      report.at('regex_rewrite').refuse('unsupported-field', 'is not supported')
      return { kind: 'keep' }
  }
}

/** Longest body of a direct answer, Envoy's default (RouteConfiguration.max_direct_response_body_size_bytes) made more generous. */
const MAX_BODY_CHARACTERS = 1024 * 1024

export function decodeDirectResponse(direct: ProtoDirectResponse, report: Report): DirectResponseAction {
  if (direct.status < 200 || direct.status > 599) report.at('status').refuse('bad-status', 'must be from 200 to 599')
  const body = direct.body === undefined ? '' : inlineText(direct.body, report.at('body'))
  if (body.length > MAX_BODY_CHARACTERS) report.at('body').refuse('too-long', `must have at most ${MAX_BODY_CHARACTERS} characters`)
  return { kind: 'direct-response', status: direct.status, body }
}
