import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkFqdn, checkWildcardDomain, isDnsLabel } from '../rules/hostname.ts'
import { checkExportTo, checkSelector } from '../rules/naming.ts'
import { checkPort, checkSubnet } from '../rules/network.ts'
import { isHttpProtocol, isTlsProtocol, protocolNames, readProtocol } from '../rules/protocol.ts'
import type { ServiceEntrySpec } from './type.ts'
import { validateEndpoint } from './validate-endpoint.ts'

export function validateServiceEntry(spec: ServiceEntrySpec): readonly Violation[] {
  return [
    ...validateHosts(spec),
    ...validateAddresses(spec),
    ...validatePorts(spec),
    ...validateSharedPorts(spec),
    ...validateEndpoints(spec),
    ...checkSelector('spec.workloadSelector.labels', spec.workloadSelector?.labels),
    ...checkExportTo('spec.exportTo', spec.exportTo, 'nobody-allowed'),
  ]
}

function validateHosts(spec: ServiceEntrySpec): readonly Violation[] {
  const resolvesHosts =
    (spec.resolution === 'DNS' || spec.resolution === 'DNS_ROUND_ROBIN') &&
    spec.endpoints.length === 0 &&
    spec.workloadSelector === undefined
  return spec.hosts.flatMap((host, i) => {
    const path = joinPath('spec.hosts', i)
    if (host === '*') return [violation(path, 'star-host', "the host of a service must not be '*'")]
    const malformed = checkWildcardDomain(path, host)
    if (malformed.length > 0 || !resolvesHosts) return malformed
    return checkFqdn(path, host).map(() =>
      violation(path, 'not-resolvable', `'${host}' cannot be resolved by DNS`, 'list endpoints, or use resolution NONE'),
    )
  })
}

function validateAddresses(spec: ServiceEntrySpec): readonly Violation[] {
  const blockAllowed = spec.resolution === 'NONE' || spec.resolution === 'STATIC'
  return spec.addresses.flatMap((address, i) => {
    const path = joinPath('spec.addresses', i)
    const malformed = checkSubnet(path, address)
    if (malformed.length > 0 || blockAllowed || !address.includes('/')) return malformed
    return [violation(path, 'cidr-with-dns', `the block '${address}' needs resolution NONE or STATIC`)]
  })
}

function validatePorts({ ports, resolution }: ServiceEntrySpec): readonly Violation[] {
  return ports.flatMap((port, i) => {
    const path = joinPath('spec.ports', i)
    const violations = [...checkPort(`${path}.number`, port.number), ...checkPort(`${path}.targetPort`, port.targetPort)]
    if (port.name === '') violations.push(violation(`${path}.name`, 'missing-field', 'is required'))
    else if (!isDnsLabel(port.name)) violations.push(violation(`${path}.name`, 'bad-name', `'${port.name}' is not the name of a port`))
    else if (ports.findIndex(other => other.name === port.name) < i)
      violations.push(violation(`${path}.name`, 'duplicate', `there is another port '${port.name}'`))
    if (ports.findIndex(other => other.number === port.number) < i)
      violations.push(violation(`${path}.number`, 'duplicate', `there is another port ${port.number}`))
    if (port.protocol !== '' && readProtocol(port.protocol) === undefined) {
      violations.push(
        violation(`${path}.protocol`, 'bad-protocol', `'${port.protocol}' is not a protocol`, `one of ${protocolNames().join(', ')}`),
      )
    }
    if (resolution === 'NONE' && port.targetPort !== undefined && port.targetPort !== port.number) {
      violations.push(violation(`${path}.targetPort`, 'target-port-with-none', 'has no effect with resolution NONE'))
    }
    return violations
  })
}

/** Opaque connections to one of several hosts could not be told apart. */
function validateSharedPorts({ hosts, ports, resolution }: ServiceEntrySpec): readonly Violation[] {
  if (resolution === 'NONE' || hosts.length < 2) return []
  const opaque = ports.find(({ protocol }) => {
    const known = readProtocol(protocol)
    return known === undefined || !(isHttpProtocol(known) || isTlsProtocol(known))
  })
  if (opaque === undefined) return []
  return [violation('spec.hosts', 'ambiguous-hosts', `several hosts cannot share the port ${opaque.number}, which is neither HTTP nor TLS`)]
}

function validateEndpoints(spec: ServiceEntrySpec): readonly Violation[] {
  const violations: Violation[] = []
  if (spec.workloadSelector !== undefined && spec.endpoints.length > 0) {
    violations.push(violation('spec', 'two-sources', 'only one of workloadSelector and endpoints may be set'))
  }
  if ((spec.resolution === 'NONE' || spec.resolution === 'DYNAMIC_DNS') && spec.endpoints.length > 0) {
    violations.push(
      violation(
        'spec.endpoints',
        'endpoints-without-resolution',
        `resolution ${spec.resolution} has no endpoints`,
        'use resolution STATIC or DNS',
      ),
    )
    return violations
  }
  if (spec.resolution === 'DNS_ROUND_ROBIN' && spec.endpoints.length > 1) {
    violations.push(violation('spec.endpoints', 'too-many', 'resolution DNS_ROUND_ROBIN takes at most one endpoint'))
  }
  return [...violations, ...spec.endpoints.flatMap((endpoint, i) => validateEndpoint(joinPath('spec.endpoints', i), endpoint, spec))]
}
