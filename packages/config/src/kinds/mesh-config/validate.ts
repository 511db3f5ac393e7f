import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { validateLocality } from '../destination-rule/validate-load-balancer.ts'
import { checkDuration } from '../rules/duration.ts'
import { isDnsLabel } from '../rules/hostname.ts'
import { checkExportTo, checkSelector } from '../rules/naming.ts'
import { checkPort } from '../rules/network.ts'
import { validateRetries } from '../virtual-service/validate-retries.ts'
import type { LabelSelector, MeshConfigSpec } from './type.ts'
import { checkLogFormat, checkLogLabels } from './log-format.ts'
import { checkNetworks } from './networks.ts'
import { checkAddress } from './validate-address.ts'
import { checkProviders } from './validate-providers.ts'
import { validateProxyConfig } from './validate-proxy-config.ts'

/** Bounds of the connect timeout (traffic.md 1.0, ValidateDurationRange). */
const CONNECT_TIMEOUT_MS = { least: 1, most: 30_000 } as const

export function validateMeshConfig(spec: MeshConfigSpec): readonly Violation[] {
  return [
    ...validateConnections(spec),
    ...validateNames(spec),
    ...spec.discoverySelectors.flatMap((selector, i) => validateSelector(joinPath('spec.discoverySelectors', i), selector)),
    ...(spec.defaultHttpRetryPolicy === undefined ? [] : validateRetries('spec.defaultHttpRetryPolicy', spec.defaultHttpRetryPolicy)),
    ...validateProxyConfig('spec.defaultConfig', spec.defaultConfig),
    ...validateLogFormat(spec),
    ...checkNetworks('spec.meshNetworks', spec.meshNetworks),
    ...checkProviders(spec),
    ...checkAddress('spec.mixerCheckServer', spec.mixerCheckServer),
    ...checkAddress('spec.mixerReportServer', spec.mixerReportServer),
  ]
}

function validateLogFormat({ accessLogFormat, accessLogEncoding }: MeshConfigSpec): readonly Violation[] {
  const path = 'spec.accessLogFormat'
  return accessLogEncoding === 'TEXT' ? checkLogFormat(path, accessLogFormat) : checkLogLabels(path, objectOf(accessLogFormat))
}

/** As in Istio, text that is no object is passed over for the default. */
export function warnMeshConfig({ accessLogFormat, accessLogEncoding }: MeshConfigSpec): readonly Violation[] {
  if (accessLogEncoding === 'TEXT' || accessLogFormat === '' || objectOf(accessLogFormat) !== undefined) return []
  return [
    violation(
      'spec.accessLogFormat',
      'no-effect',
      'is not the text of a JSON object, so the default is used',
      'set accessLogEncoding: TEXT, or write an object',
    ),
  ]
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function validateConnections(spec: MeshConfigSpec): readonly Violation[] {
  const violations: Violation[] = []
  if (spec.proxyHttpPort !== 0) violations.push(...checkPort('spec.proxyHttpPort', spec.proxyHttpPort))
  if (spec.connectTimeoutMs < CONNECT_TIMEOUT_MS.least || spec.connectTimeoutMs > CONNECT_TIMEOUT_MS.most) {
    violations.push(violation('spec.connectTimeout', 'bad-duration', 'must be from 1ms to 30s'))
  }
  const locality = validateLocality('spec.localityLbSetting', spec.localityLbSetting)
  return [...violations, ...locality, ...checkDuration('spec.dnsRefreshRate', spec.dnsRefreshRateMs)]
}

function validateNames(spec: MeshConfigSpec): readonly Violation[] {
  const violations = [spec.trustDomain, ...spec.trustDomainAliases].flatMap((domain, i) =>
    /^[a-z0-9._-]{1,255}$/.test(domain)
      ? []
      : [violation(i === 0 ? 'spec.trustDomain' : `spec.trustDomainAliases[${i - 1}]`, 'bad-host', 'must be a lower-case host name')],
  )
  if (!isDnsLabel(spec.rootNamespace)) violations.push(violation('spec.rootNamespace', 'bad-namespace', 'must be the name of a namespace'))
  return [
    ...violations,
    ...checkExportTo('spec.defaultServiceExportTo', spec.defaultServiceExportTo, 'nobody-allowed'),
    ...checkExportTo('spec.defaultVirtualServiceExportTo', spec.defaultVirtualServiceExportTo, 'nobody-allowed'),
    ...checkExportTo('spec.defaultDestinationRuleExportTo', spec.defaultDestinationRuleExportTo, 'nobody-allowed'),
  ]
}

function validateSelector(path: string, { matchLabels, matchExpressions }: LabelSelector): readonly Violation[] {
  const expressions = matchExpressions.flatMap(({ key, operator, values }, i): readonly Violation[] => {
    const place = joinPath(`${path}.matchExpressions`, i)
    if (key === '') return [violation(`${place}.key`, 'required', 'must not be empty')]
    const needsValues = operator === 'In' || operator === 'NotIn'
    if (needsValues === values.length > 0) return []
    return [violation(`${place}.values`, 'bad-values', `must ${needsValues ? 'not ' : ''}be empty for ${operator}`)]
  })
  return [...checkSelector(`${path}.matchLabels`, matchLabels), ...expressions]
}
