import type { HostRewrite } from '../model/route.ts'
import type { RequestView } from './request-view.ts'
import { compileSubstitution, queryOf } from './rewrite-path.ts'

/** The host that the upstream is to see; null: as it came. Not for `endpoint`, which is known when a host was chosen. */
export type RequestHostRewrite = (request: RequestView) => string | null

export function compileHostRewrite(rewrite: HostRewrite): RequestHostRewrite | null {
  switch (rewrite.kind) {
    case 'none':
    case 'endpoint':
      return null
    case 'literal':
      return () => rewrite.value
    case 'header':
      return request => nonEmpty(request.requestHeaders.get(rewrite.name))
    case 'path-regex': {
      const substitute = compileSubstitution(rewrite.rewrite)
      return ({ path }) => nonEmpty(substitute(path.slice(0, path.length - queryOf(path).length)))
    }
  }
}

function nonEmpty(text: string | null): string | null {
  return text === '' ? null : text
}
