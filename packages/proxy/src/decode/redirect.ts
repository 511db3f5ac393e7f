import {
  type DirectResponseAction as ProtoDirectResponse,
  type RedirectAction as ProtoRedirect,
  RedirectAction_RedirectResponseCode,
} from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { DirectResponseAction, RedirectAction } from '../model/route.ts'
import { inlineText } from './data-source.ts'
import { decodeRegexRewrite } from './rewrites.ts'
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
      return { kind: 'regex', rewrite: decodeRegexRewrite(specifier.value, report.at('regex_rewrite')) }
  }
}

/** RouteConfiguration.max_direct_response_body_size_bytes unless set. */
export const DEFAULT_DIRECT_BODY_BYTES = 4096

/** `maxBytes`: what the body may have. */
export function decodeDirectResponse(direct: ProtoDirectResponse, maxBytes: number, report: Report): DirectResponseAction {
  if (direct.status < 200 || direct.status > 599) report.at('status').refuse('bad-status', 'must be from 200 to 599')
  const body = direct.body === undefined ? '' : inlineText(direct.body, report.at('body'))
  const size = Buffer.byteLength(body)
  if (size > maxBytes) report.at('body').refuse('too-long', `has ${size} bytes, more than ${maxBytes}`)
  return { kind: 'direct-response', status: direct.status, body }
}
