import { messageOf } from '@meshwork/core/result'
import type { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import type { RouteAction as ProtoRouteAction, RouteMatch } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { UriTemplateRewriteConfig } from '@meshwork/protos/envoy/extensions/path/rewrite/uri_template/v3/uri_template_rewrite'
import type { RegexMatchAndSubstitute } from '@meshwork/protos/envoy/type/matcher/v3/regex'
import type { HostRewrite, PathMatch, RegexRewrite } from '../model/route.ts'
import { parsePathTemplate, parseTemplateRewrite } from '../route/path-template.ts'
import { headerName } from './header-mutations.ts'
import type { Report } from './report.ts'
import { regexText } from './scalars.ts'

export function decodeRegexRewrite(rewrite: RegexMatchAndSubstitute | undefined, report: Report): RegexRewrite {
  const pattern = regexText(rewrite?.pattern?.regex ?? '', report.at('pattern', 'regex'))
  if (pattern === '') report.at('pattern', 'regex').refuse('required', 'must not be empty')
  return { pattern, substitution: rewrite?.substitution ?? '' }
}

export function decodeHostRewrite(specifier: ProtoRouteAction['hostRewriteSpecifier'], report: Report): HostRewrite {
  switch (specifier?.$case) {
    case 'hostRewriteLiteral':
      return { kind: 'literal', value: specifier.value }
    case 'autoHostRewrite':
      return specifier.value === true ? { kind: 'endpoint' } : { kind: 'none' }
    case 'hostRewriteHeader':
      return { kind: 'header', name: headerName(specifier.value, report.at('host_rewrite_header')) }
    case 'hostRewritePathRegex':
      return { kind: 'path-regex', rewrite: decodeRegexRewrite(specifier.value, report.at('host_rewrite_path_regex')) }
    case undefined:
      return { kind: 'none' }
  }
}

const URI_TEMPLATE = 'type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig'

/** `path_rewrite_policy`: only for routes that match by template, because it needs their variables. */
export function decodeTemplateRewrite(policy: TypedExtensionConfig | undefined, path: PathMatch, report: Report): string | null {
  if (policy === undefined) return null
  const { typedConfig: config, name } = policy
  if (config?.typeUrl !== URI_TEMPLATE) {
    report.refuse('unsupported-field', `'${config?.typeUrl ?? name}' is not supported`)
    return null
  }
  const inner = report.at('typed_config', 'path_template_rewrite')
  try {
    const { pathTemplateRewrite: rewrite } = UriTemplateRewriteConfig.decode(config.value)
    const template = path.kind === 'template' ? parsePathTemplate(path.value) : null
    if (template === null) inner.refuse('bad-template', 'needs a match by path_match_policy')
    else if (template.kind === 'ok') refuseBadRewrite(rewrite, template.value.variables, inner)
    return rewrite
  } catch (error) {
    inner.refuse('malformed', messageOf(error))
    return null
  }
}

function refuseBadRewrite(rewrite: string, variables: readonly string[], report: Report): void {
  const parsed = parseTemplateRewrite(rewrite, variables)
  if (parsed.kind === 'err') report.refuse('bad-template', parsed.error)
}

/** More than one way to rewrite a path is a contradiction (RouteAction.prefix_rewrite, regex_rewrite, path_rewrite_policy). */
export function refuseSeveralRewrites(action: ProtoRouteAction, match: RouteMatch | undefined, report: Report): void {
  const given = [action.prefixRewrite !== '', action.regexRewrite !== undefined, action.pathRewritePolicy !== undefined]
  if (given.filter(Boolean).length > 1)
    report.refuse('several-rewrites', 'must have one of prefix_rewrite, regex_rewrite and path_rewrite_policy')
  if (match?.pathSpecifier?.$case === 'connectMatcher' && given.some(Boolean))
    report.refuse('unsupported-field', 'the path of CONNECT cannot be rewritten')
}
