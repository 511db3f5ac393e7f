import type { HttpDirectResponse, HttpRedirect } from '@meshwork/config/kinds'
import {
  DirectResponseAction,
  RedirectAction,
  RedirectAction_RedirectResponseCode,
} from '@meshwork/protos/envoy/config/route/v3/route_components'

const RESPONSE_CODES: Readonly<Record<number, RedirectAction['responseCode']>> = {
  301: RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY,
  302: RedirectAction_RedirectResponseCode.FOUND,
  303: RedirectAction_RedirectResponseCode.SEE_OTHER,
  307: RedirectAction_RedirectResponseCode.TEMPORARY_REDIRECT,
  308: RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT,
}
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }
const PREFIX_PLACEHOLDER = '%PREFIX()%'

/** `inTls`: requests arrive in TLS, so that a redirect without a scheme stays on https. */
export function buildRedirect(redirect: HttpRedirect, requestPort: number, inTls: boolean): RedirectAction {
  return RedirectAction.fromPartial({
    hostRedirect: redirect.authority ?? '',
    portRedirect: redirectPort(redirect, requestPort, inTls),
    responseCode: RESPONSE_CODES[redirect.redirectCode] ?? RedirectAction_RedirectResponseCode.MOVED_PERMANENTLY,
    ...((redirect.scheme ?? '') === '' ? {} : { schemeRewriteSpecifier: { $case: 'schemeRedirect', value: redirect.scheme ?? '' } }),
    ...((redirect.uri ?? '') === '' ? {} : { pathRewriteSpecifier: pathRewrite(redirect.uri ?? '') }),
  })
}

/** A path that begins with `%PREFIX()%` replaces only the matched prefix; any other the whole path. */
function pathRewrite(uri: string): NonNullable<RedirectAction['pathRewriteSpecifier']> {
  return uri.startsWith(PREFIX_PLACEHOLDER)
    ? { $case: 'prefixRewrite', value: uri.slice(PREFIX_PLACEHOLDER.length) }
    : { $case: 'pathRedirect', value: uri }
}

/** 0 leaves the port as it is. A port that the scheme implies is not written into the location. */
function redirectPort(redirect: HttpRedirect, requestPort: number, inTls: boolean): number {
  const port = redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? requestPort : 0)
  return port === DEFAULT_PORTS[redirect.scheme || (inTls ? 'https' : 'http')] ? 0 : port
}

export function buildDirectResponse(response: HttpDirectResponse): DirectResponseAction {
  return DirectResponseAction.fromPartial({
    status: response.status,
    ...(response.body === undefined
      ? {}
      : {
          body: {
            specifier:
              response.body.kind === 'string'
                ? { $case: 'inlineString', value: response.body.value }
                : { $case: 'inlineBytes', value: response.body.value },
          },
        }),
  })
}
