import type { RedirectAction } from '../model/route.ts'
import type { RequestView } from './request-view.ts'

/** The `location` of a redirect (envoy.config.route.v3.RedirectAction). `matchedPrefix`: what the route's path match covers. */
export function redirectLocation(action: RedirectAction, request: RequestView, matchedPrefix: string): string {
  const scheme = action.scheme ?? request.scheme
  const host = action.host ?? hostWithoutPort(request.authority)
  const port = typeof action.port === 'number' ? portText(action.port, scheme) : keptPort(action, request, scheme)
  return `${scheme}://${host}${port}${redirectPath(action, request.path, matchedPrefix)}`
}

function redirectPath(action: RedirectAction, path: string, matchedPrefix: string): string {
  const question = path.indexOf('?')
  const query = question < 0 || action.stripQuery ? '' : path.slice(question)
  const bare = question < 0 ? path : path.slice(0, question)
  switch (action.path.kind) {
    case 'keep':
      return bare + query
    case 'replace':
      return action.path.value.includes('?') ? action.path.value : action.path.value + query
    case 'prefix':
      return action.path.value + bare.slice(matchedPrefix.length) + query
  }
}

function hostWithoutPort(authority: string): string {
  return /^(.*?)(?::\d+)?$/.exec(authority)?.[1] ?? authority
}

/** The port of the request stays, unless it is the default of the scheme that was left or the host is another. */
function keptPort(action: RedirectAction, request: RequestView, scheme: string): string {
  if (action.host !== null) return ''
  const port = /:(\d+)$/.exec(request.authority)?.[1]
  if (port === undefined) return ''
  if (action.port !== 'keep' && scheme !== request.scheme && Number(port) === defaultPort(request.scheme)) return ''
  return `:${port}`
}

function portText(port: number, scheme: string): string {
  return port === defaultPort(scheme) ? '' : `:${port}`
}

function defaultPort(scheme: string): number {
  return scheme === 'https' ? 443 : 80
}
