import { violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkFqdn, isDnsLabel } from '../rules/hostname.ts'
import { checkPort } from '../rules/network.ts'
import type { ExtensionProvider, MeshConfigSpec } from './type.ts'

/** Bounds of the connect timeout (traffic.md 1.0, ValidateDurationRange). */
const CONNECT_TIMEOUT_MS = { least: 1, most: 30_000 } as const

export function validateMeshConfig(spec: MeshConfigSpec): readonly Violation[] {
  const violations: Violation[] = []
  if (spec.proxyHttpPort !== 0) violations.push(...checkPort('spec.proxyHttpPort', spec.proxyHttpPort))
  if (spec.connectTimeoutMs < CONNECT_TIMEOUT_MS.least || spec.connectTimeoutMs > CONNECT_TIMEOUT_MS.most) {
    violations.push(violation('spec.connectTimeout', 'bad-duration', 'must be from 1ms to 30s'))
  }
  if (!/^[a-z0-9._-]{1,255}$/.test(spec.trustDomain))
    violations.push(violation('spec.trustDomain', 'bad-host', 'must be a lower-case host name'))
  if (!isDnsLabel(spec.rootNamespace)) violations.push(violation('spec.rootNamespace', 'bad-namespace', 'must be the name of a namespace'))
  return [
    ...violations,
    ...checkTracing(spec),
    ...checkAddress('spec.mixerCheckServer', spec.mixerCheckServer),
    ...checkAddress('spec.mixerReportServer', spec.mixerReportServer),
  ]
}

function checkTracing({ defaultConfig: { tracing }, extensionProviders, defaultProviders }: MeshConfigSpec): readonly Violation[] {
  const violations = [...checkAddress('spec.defaultConfig.tracing.zipkin.address', tracing.zipkin.address)]
  if (tracing.sampling < 0 || tracing.sampling > 100) {
    violations.push(violation('spec.defaultConfig.tracing.sampling', 'out-of-range', 'must be from 0 to 100'))
  }
  for (const [i, provider] of extensionProviders.entries()) violations.push(...checkProvider(`spec.extensionProviders[${i}]`, provider))
  const known = new Set(extensionProviders.map(({ name }) => name))
  for (const [i, name] of defaultProviders.tracing.entries()) {
    const path = `spec.defaultProviders.tracing[${i}]`
    if (!known.has(name)) violations.push(violation(path, 'unknown-provider', `'${name}' is none of spec.extensionProviders`))
  }
  return violations
}

function checkProvider(path: string, { name, zipkin, opentelemetry }: ExtensionProvider): readonly Violation[] {
  const collector = zipkin ?? opentelemetry
  const named = name === '' ? [violation(`${path}.name`, 'required', 'must not be empty')] : []
  if (collector === undefined) return [...named, violation(path, 'required', 'must have zipkin or opentelemetry')]
  const at = `${path}.${zipkin === undefined ? 'opentelemetry' : 'zipkin'}`
  return [...named, ...checkFqdn(`${at}.service`, collector.service), ...checkPort(`${at}.port`, collector.port)]
}

/** `host:port`, IPv6 addresses in brackets; empty switches the server off. */
function checkAddress(path: string, address: string): readonly Violation[] {
  if (address === '') return []
  const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(address) ?? []
  if (host === undefined || port === undefined) return [violation(path, 'bad-address', `'${address}' is not of the form host:port`)]
  const name = host.replace(/^\[(.*)\]$/, '$1')
  return [...(isIP(name) === 0 ? checkFqdn(path, name) : []), ...checkPort(path, Number(port))]
}
