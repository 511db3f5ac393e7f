import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkFqdn } from '../rules/hostname.ts'
import { checkPort } from '../rules/network.ts'
import { checkLogFormat, checkLogLabels } from './log-format.ts'
import type { ExtAuthzProvider, ExtensionProvider } from './provider.ts'
import { PROVIDER_KINDS } from './provider-schema.ts'
import type { DefaultProviders, MeshConfigSpec } from './type.ts'

/** Extension providers, and the names by which the defaults choose among them. */
export function checkProviders({ extensionProviders, defaultProviders }: MeshConfigSpec): readonly Violation[] {
  const names = extensionProviders.map(({ name }) => name)
  const uses: readonly (keyof DefaultProviders)[] = ['tracing', 'accessLogging', 'metrics']
  return [
    ...extensionProviders.flatMap((provider, i) => checkProvider(joinPath('spec.extensionProviders', i), provider)),
    ...names.flatMap((name, i) =>
      names.indexOf(name) === i
        ? []
        : [violation(`${joinPath('spec.extensionProviders', i)}.name`, 'duplicate', `'${name}' is the name of another provider too`)],
    ),
    ...uses.flatMap(use =>
      defaultProviders[use].flatMap((name, i) =>
        names.includes(name)
          ? []
          : [violation(joinPath(`spec.defaultProviders.${use}`, i), 'unknown-provider', `'${name}' is none of spec.extensionProviders`)],
      ),
    ),
  ]
}

function checkProvider(path: string, provider: ExtensionProvider): readonly Violation[] {
  const named = provider.name === '' ? [violation(`${path}.name`, 'required', 'must not be empty')] : []
  const kind = PROVIDER_KINDS.find(candidate => provider[candidate] !== undefined)
  if (kind === undefined) return named
  const at = `${path}.${kind}`
  const collector = provider.zipkin ?? provider.opentelemetry ?? provider.envoyExtAuthzHttp ?? provider.envoyExtAuthzGrpc
  const place =
    collector === undefined ? [] : [...checkService(`${at}.service`, collector.service), ...checkPort(`${at}.port`, collector.port)]
  const format = provider.envoyFileAccessLog?.logFormat
  const log = [...checkLogFormat(`${at}.logFormat.text`, format?.text ?? ''), ...checkLogLabels(`${at}.logFormat.labels`, format?.labels)]
  return [...named, ...place, ...log, ...checkAuthorizer(at, provider)]
}

/** `host`, or `namespace/host`. */
function checkService(path: string, service: string): readonly Violation[] {
  const parts = service.split('/')
  return parts.length > 2
    ? [violation(path, 'bad-host', `'${service}' is neither host nor namespace/host`)]
    : checkFqdn(path, parts.at(-1) ?? '')
}

const LISTS = [
  'includeRequestHeadersInCheck',
  'headersToUpstreamOnAllow',
  'headersToDownstreamOnAllow',
  'headersToDownstreamOnDeny',
] as const

function checkAuthorizer(path: string, { envoyExtAuthzHttp: http, envoyExtAuthzGrpc: grpc }: ExtensionProvider): readonly Violation[] {
  const common = [http, grpc].flatMap(provider => (provider === undefined ? [] : checkDecision(path, provider)))
  if (http === undefined) return common
  const violations = [...common]
  if (http.pathPrefix !== '' && !http.pathPrefix.startsWith('/'))
    violations.push(violation(`${path}.pathPrefix`, 'bad-path', 'must begin with a slash'))
  for (const list of LISTS) {
    http[list].forEach((name, i) => {
      const place = joinPath(`${path}.${list}`, i)
      if (name === '*') violations.push(violation(place, 'bad-header', 'all headers at once cannot be chosen'))
    })
  }
  return violations
}

function checkDecision(
  path: string,
  { statusOnError, timeoutMs, includeRequestBodyInCheck: body }: ExtAuthzProvider,
): readonly Violation[] {
  const violations: Violation[] = []
  if (statusOnError !== '' && !/^[1-5]\d\d$/.test(statusOnError))
    violations.push(violation(`${path}.statusOnError`, 'bad-status', `'${statusOnError}' is not a status from 100 to 599`))
  if (timeoutMs < 1) violations.push(violation(`${path}.timeout`, 'bad-duration', 'must be at least 1ms'))
  if (body !== undefined && body.maxRequestBytes < 1)
    violations.push(violation(`${path}.includeRequestBodyInCheck.maxRequestBytes`, 'out-of-range', 'must be at least 1'))
  return violations
}
