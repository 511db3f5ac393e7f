import type { PathMatch, RedirectAction } from '../model/route.ts'
import type { RequestView } from './request-view.ts'
import { type PathRewrite, prefixRewrite, regexPathRewrite } from './rewrite-path.ts'

/** Gives the `location` for a request (envoy.config.route.v3.RedirectAction). */
export type Redirect = (request: RequestView) => string

export function compileRedirect(action: RedirectAction, match: PathMatch): Redirect {
  const rewrite = pathRewrite(action.path, match)
  const keepsQuery = !action.stripQuery
  return request => {
    const scheme = action.scheme ?? request.scheme
    const path = action.path.kind === 'replace' ? rewrite(request.path) : rewrite(keepsQuery ? request.path : withoutQuery(request.path))
    const query = action.path.kind === 'replace' && keepsQuery ? queryFor(action.path.value, request.path) : ''
    return `${scheme}://${hostOf(action, request, scheme)}${typeof action.port === 'number' ? `:${action.port}` : ''}${path}${query}`
  }
}

function pathRewrite(path: RedirectAction['path'], match: PathMatch): PathRewrite {
  switch (path.kind) {
    case 'keep':
      return text => text
    case 'replace':
      return () => path.value
    case 'prefix':
      return prefixRewrite(match, path.value)
    case 'regex':
      return regexPathRewrite(path.rewrite)
  }
}

/** A replacement that has a query of its own keeps that one. */
function queryFor(replacement: string, path: string): string {
  return replacement.includes('?') ? '' : path.slice(withoutQuery(path).length)
}

function withoutQuery(path: string): string {
  const question = path.indexOf('?')
  return question < 0 ? path : path.slice(0, question)
}

/** The request's host with its port, unless a new port is set or it is the default of the scheme that was left. */
function hostOf(action: RedirectAction, request: RequestView, scheme: string): string {
  if (action.host !== null) return action.host
  const { authority } = request
  const port = /:(\d+)$/.exec(authority)
  if (port === null || action.port === 'keep') return authority
  const isOldDefault = scheme !== request.scheme && Number(port[1]) === (request.scheme === 'https' ? 443 : 80)
  return typeof action.port === 'number' || isOldDefault ? authority.slice(0, port.index) : authority
}
