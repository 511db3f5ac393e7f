import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { validateConnectionPool } from '../destination-rule/validate-connection-pool.ts'
import { validateServerTls } from '../gateway/validate-tls.ts'
import { checkWildcardDomain, isDnsLabel } from '../rules/hostname.ts'
import { checkSelector } from '../rules/naming.ts'
import { checkPort, isUnixAddress } from '../rules/network.ts'
import { protocolNames, readProtocol } from '../rules/protocol.ts'
import type { SidecarEgress, SidecarIngress, SidecarPort, SidecarSpec } from './type.ts'

export function validateSidecar(spec: SidecarSpec): readonly Violation[] {
  return [
    ...checkSelector('spec.workloadSelector.labels', spec.workloadSelector?.labels),
    ...spec.ingress.flatMap((listener, i) => validateIngress(joinPath('spec.ingress', i), listener)),
    ...duplicatePorts('spec.ingress', spec.ingress),
    ...validateEgressList(spec.egress ?? []),
    ...(spec.inboundConnectionPool === undefined ? [] : validateConnectionPool('spec.inboundConnectionPool', spec.inboundConnectionPool)),
  ]
}

/** Sidecars open TLS with files only; Secrets are for gateways. */
export function warnSidecar({ ingress }: SidecarSpec): readonly Violation[] {
  return ingress.flatMap(({ tls }, i) => {
    if (tls === undefined || ((tls.credentialName ?? '') === '' && tls.credentialNames.length === 0)) return []
    const path = `${joinPath('spec.ingress', i)}.tls.credentialName`
    return [
      violation(
        path,
        'no-effect',
        'names a Secret, which sidecars do not read',
        'write serverCertificate and privateKey, files in the pod',
      ),
    ]
  })
}

function validateIngress(path: string, listener: SidecarIngress): readonly Violation[] {
  return [
    ...validatePort(`${path}.port`, listener.port),
    ...validateBind(`${path}.bind`, listener.bind),
    ...validateDefaultEndpoint(`${path}.defaultEndpoint`, listener.defaultEndpoint),
    ...(listener.tls === undefined ? [] : validateServerTls(`${path}.tls`, listener.tls)),
    ...(listener.connectionPool === undefined ? [] : validateConnectionPool(`${path}.connectionPool`, listener.connectionPool)),
  ]
}

function duplicatePorts(path: string, listeners: readonly SidecarIngress[]): readonly Violation[] {
  return listeners.flatMap(({ port }, i) => {
    if (listeners.findIndex(other => other.port.number === port.number) === i) return []
    return [violation(`${path}[${i}].port.number`, 'duplicate', `there is another listener on port ${port.number}`)]
  })
}

function validatePort(path: string, port: SidecarPort): readonly Violation[] {
  const violations = [...checkPort(`${path}.number`, port.number)]
  if (readProtocol(port.protocol) === undefined) {
    violations.push(
      violation(`${path}.protocol`, 'bad-protocol', `'${port.protocol}' is not a protocol`, `one of ${protocolNames().join(', ')}`),
    )
  }
  return violations
}

function validateBind(path: string, bind: string | undefined): readonly Violation[] {
  if (bind === undefined || bind === '' || isIP(bind) !== 0 || isUnixAddress(bind)) return []
  return [violation(path, 'bad-address', `'${bind}' is not an address to listen on`)]
}

const LOCAL_ADDRESSES: ReadonlySet<string> = new Set(['127.0.0.1', '0.0.0.0', '[::1]', '[::]'])

/** A sidecar only forwards to the application beside it. */
function validateDefaultEndpoint(path: string, endpoint: string | undefined): readonly Violation[] {
  if (endpoint === undefined || endpoint === '' || isUnixAddress(endpoint)) return []
  const colon = endpoint.lastIndexOf(':')
  const [host, port] = [endpoint.slice(0, colon), endpoint.slice(colon + 1)]
  if (colon < 0 || !LOCAL_ADDRESSES.has(host)) {
    return [
      violation(
        path,
        'bad-endpoint',
        `'${endpoint}' is not local`,
        'write 127.0.0.1:PORT, [::1]:PORT, 0.0.0.0:PORT, [::]:PORT or unix:///path',
      ),
    ]
  }
  return /^\d{1,5}$/.test(port) ? checkPort(path, Number(port)) : [violation(path, 'bad-port', `'${port}' is not a port`)]
}

function validateEgressList(listeners: readonly SidecarEgress[]): readonly Violation[] {
  const violations = listeners.flatMap((listener, i) => validateEgress(joinPath('spec.egress', i), listener))
  listeners.forEach(({ port, bind }, i) => {
    const path = `spec.egress[${i}]`
    if (port === undefined && i < listeners.length - 1) {
      violations.push(violation(path, 'catch-all-not-last', 'a listener without a port must be the last one'))
    }
    if (
      port !== undefined &&
      port.number !== 0 &&
      listeners.findIndex(other => other.port?.number === port.number && other.bind === bind) < i
    ) {
      violations.push(violation(`${path}.port.number`, 'duplicate', `there is another listener on port ${port.number}`))
    }
  })
  return violations
}

function validateEgress(path: string, { port, bind, captureMode, hosts }: SidecarEgress): readonly Violation[] {
  const violations: Violation[] = [...validateBind(`${path}.bind`, bind)]
  const onSocket = bind !== undefined && isUnixAddress(bind)
  if (port === undefined && (bind ?? '') !== '') violations.push(violation(`${path}.port`, 'missing-field', 'is required with bind'))
  if (port !== undefined && !(onSocket && port.number === 0)) violations.push(...validatePort(`${path}.port`, port))
  if (onSocket && captureMode === 'IPTABLES')
    violations.push(violation(`${path}.captureMode`, 'socket-capture', 'unix sockets cannot be intercepted'))
  if (hosts.length === 0) violations.push(violation(`${path}.hosts`, 'empty', 'must have at least one host'))
  return [...violations, ...hosts.flatMap((host, i) => validateHost(`${path}.hosts[${i}]`, host))]
}

function validateHost(path: string, entry: string): readonly Violation[] {
  const [namespace, host, ...more] = entry.split('/')
  if (namespace === undefined || host === undefined || more.length > 0) {
    return [
      violation(
        path,
        'bad-host',
        `'${entry}' is not of the form namespace/host`,
        "'./*' stands for the own namespace, '*/*' for everything",
      ),
    ]
  }
  if (!['*', '.', '~'].includes(namespace) && !isDnsLabel(namespace)) {
    return [violation(path, 'bad-namespace', `'${namespace}' is neither '*', '.', '~' nor the name of a namespace`)]
  }
  if (namespace === '~' && host !== '*') return [violation(path, 'bad-host', "only '~/*' may stand behind '~'")]
  return checkWildcardDomain(path, host)
}
