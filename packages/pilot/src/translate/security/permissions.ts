import { pathPattern } from '@meshwork/config/kinds'
import { Permission } from '@meshwork/protos/envoy/config/rbac/v3/rbac'
import { UriTemplateMatchConfig } from '@meshwork/protos/envoy/extensions/path/match/uri_template/v3/uri_template_match'
import type { ValueMatcher } from '@meshwork/protos/envoy/type/matcher/v3/value'
import { packAny } from '@meshwork/protos/any'
import { cidrRange } from '../envoy/cidr.ts'
import { URI_TEMPLATE } from './messages.ts'
import { metadataMatcher } from './token-metadata.ts'
import { escapeRegex, regexMatcher, valueMatcher, valuePattern } from './value-pattern.ts'

/** The host that the request names, in any case; a port in it is part of it. */
export function requestHost(value: string): Permission {
  return header(':authority', value, true)
}

export function requestMethod(value: string): Permission {
  return header(':method', value, false)
}

function header(name: string, value: string, ignoreCase: boolean): Permission {
  const present = valuePattern(value).kind === 'present'
  return Permission.fromPartial({
    rule: {
      $case: 'header',
      value: {
        name,
        headerMatchSpecifier: present
          ? { $case: 'presentMatch', value: true }
          : { $case: 'stringMatch', value: valueMatcher(value, '', ignoreCase) },
      },
    },
  })
}

/** The path without query. */
export function requestPath(value: string): Permission {
  if (pathPattern(value) === 'template') return value.includes('//') ? templateWithEmptySegments(value) : pathTemplate(value)
  return Permission.fromPartial({ rule: { $case: 'urlPath', value: { rule: { $case: 'path', value: valueMatcher(value) } } } })
}

/** Envoy's templates have no empty segments: it ends at once on being given one. */
function templateWithEmptySegments(value: string): Permission {
  const segments = value.split('/').map(segment => (segment === '{*}' ? '[^/]+' : segment === '{**}' ? '.*' : escapeRegex(segment)))
  return Permission.fromPartial({ rule: { $case: 'urlPath', value: { rule: { $case: 'path', value: regexMatcher(segments.join('/')) } } } })
}

/** `{*}` and `{**}` are `*` and `**` of Envoy's templates. */
function pathTemplate(value: string): Permission {
  const pathTemplateText = value.replaceAll('{*}', '*').replaceAll('{**}', '**')
  return Permission.fromPartial({
    rule: {
      $case: 'uriTemplate',
      value: {
        name: 'uri-template',
        typedConfig: packAny(URI_TEMPLATE, UriTemplateMatchConfig.fromPartial({ pathTemplate: pathTemplateText })),
      },
    },
  })
}

export function destinationPort(value: string): Permission {
  return Permission.fromPartial({ rule: { $case: 'destinationPort', value: Number(value) } })
}

export function destinationAddress(value: string): Permission {
  return Permission.fromPartial({ rule: { $case: 'destinationIp', value: cidrRange(value) } })
}

export function serverName(value: string): Permission {
  return Permission.fromPartial({ rule: { $case: 'requestedServerName', value: valueMatcher(value) } })
}

/** What another filter found out; a value in brackets is looked for in a list. */
export function filterMetadata(filter: string, key: string, value: string): Permission {
  const listed = value.startsWith('[') && value.endsWith(']')
  const text: ValueMatcher = { matchPattern: { $case: 'stringMatch', value: valueMatcher(listed ? value.slice(1, -1) : value) } }
  const wanted: ValueMatcher = listed
    ? { matchPattern: { $case: 'listMatch', value: { matchPattern: { $case: 'oneOf', value: text } } } }
    : text
  return Permission.fromPartial({ rule: { $case: 'metadata', value: metadataMatcher(filter, [key], wanted) } })
}
