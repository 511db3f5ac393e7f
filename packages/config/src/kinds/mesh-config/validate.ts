import { violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkFqdn, isDnsLabel } from '../rules/hostname.ts'
import { checkPort } from '../rules/network.ts'
import type { MeshConfigSpec } from './type.ts'
import { checkProviders } from './validate-providers.ts'

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
    ...checkProviders(spec),
    ...checkAddress('spec.mixerCheckServer', spec.mixerCheckServer),
    ...checkAddress('spec.mixerReportServer', spec.mixerReportServer),
  ]
}

function checkTracing({ defaultConfig: { tracing } }: MeshConfigSpec): readonly Violation[] {
  const violations = [...checkAddress('spec.defaultConfig.tracing.zipkin.address', tracing.zipkin.address)]
  if (tracing.sampling < 0 || tracing.sampling > 100) {
    violations.push(violation('spec.defaultConfig.tracing.sampling', 'out-of-range', 'must be from 0 to 100'))
  }
  return violations
}

/** `host:port`, IPv6 addresses in brackets; empty switches the server off. */
function checkAddress(path: string, address: string): readonly Violation[] {
  if (address === '') return []
  const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(address) ?? []
  if (host === undefined || port === undefined) return [violation(path, 'bad-address', `'${address}' is not of the form host:port`)]
  const name = host.replace(/^\[(.*)\]$/, '$1')
  return [...(isIP(name) === 0 ? checkFqdn(path, name) : []), ...checkPort(path, Number(port))]
}
