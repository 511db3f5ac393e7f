import type { RouteMatch as ProtoRouteMatch } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import { UriTemplateMatchConfig } from '@meshwork/protos/envoy/extensions/path/match/uri_template/v3/uri_template_match'
import { messageOf } from '@meshwork/core/result'
import type { PathMatch, RouteMatch } from '../model/route.ts'
import { parsePathTemplate } from '../route/path-template.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { decodeHeaderMatches, decodeQueryMatch } from './header-match.ts'
import { decodeMetadataMatch } from './metadata-match.ts'
import type { Report } from './report.ts'
import { partsPerMillion, regexText } from './scalars.ts'

const FIELDS: FieldPolicy<ProtoRouteMatch> = {
  read: ['pathSpecifier', 'caseSensitive', 'runtimeFraction', 'headers', 'queryParameters', 'grpc', 'tlsContext', 'dynamicMetadata'],
  harmless: [],
}

const EVERY_PATH: PathMatch = { kind: 'prefix', value: '/' }
const URI_TEMPLATE = 'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig'

export function decodeRouteMatch(match: ProtoRouteMatch | undefined, report: Report): RouteMatch {
  if (match === undefined) report.refuse('required', 'must be set')
  else refuseOtherFields(match, FIELDS, report)
  const fraction = match?.runtimeFraction?.defaultValue
  return {
    path: decodePath(match?.pathSpecifier, report),
    caseSensitive: match?.caseSensitive ?? true,
    headers: decodeHeaderMatches(match?.headers ?? [], report, 'headers'),
    queryParameters: (match?.queryParameters ?? []).map((query, i) => decodeQueryMatch(query, report.at('query_parameters', i))),
    runtimeFractionPpm: fraction === undefined ? null : partsPerMillion(fraction),
    grpcOnly: match?.grpc !== undefined,
    clientCertificate: { presented: match?.tlsContext?.presented ?? null, validated: match?.tlsContext?.validated ?? null },
    dynamicMetadata: (match?.dynamicMetadata ?? []).map((one, i) => decodeMetadataMatch(one, report.at('dynamic_metadata', i))),
  }
}

function decodePath(path: ProtoRouteMatch['pathSpecifier'], report: Report): PathMatch {
  switch (path?.$case) {
    case 'prefix':
      return { kind: 'prefix', value: path.value }
    case 'path':
      return { kind: 'exact', value: path.value }
    case 'safeRegex':
      return { kind: 'regex', value: regexText(path.value.regex, report.at('safe_regex', 'regex')) }
    case 'pathSeparatedPrefix':
      if (/[?#]|\/$/.test(path.value)) report.at('path_separated_prefix').refuse('bad-path', 'must have no ?, # or / at its end')
      return { kind: 'path-separated-prefix', value: path.value }
    case 'connectMatcher':
      return { kind: 'connect' }
    case 'pathMatchPolicy':
      return decodeTemplate(path.value, report.at('path_match_policy'))
    case undefined:
      report.refuse('required', 'must have a path specifier')
      return EVERY_PATH
  }
}

function decodeTemplate({ typedConfig: config, name }: TypedExtensionConfig, report: Report): PathMatch {
  if (config?.typeUrl !== URI_TEMPLATE) {
    report.refuse('unsupported-match', `'${config?.typeUrl ?? name}' is not supported`)
    return EVERY_PATH
  }
  const inner = report.at('typed_config', 'path_template')
  try {
    const { pathTemplate } = UriTemplateMatchConfig.decode(config.value)
    const parsed = parsePathTemplate(pathTemplate)
    if (parsed.kind === 'err') inner.refuse('bad-template', parsed.error)
    return { kind: 'template', value: pathTemplate }
  } catch (error) {
    inner.refuse('malformed', messageOf(error))
    return EVERY_PATH
  }
}
