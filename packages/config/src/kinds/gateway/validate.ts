import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkWildcardDomain, isDnsLabel, isShortName } from '../rules/hostname.ts'
import { checkSelector } from '../rules/naming.ts'
import { checkPort, isUnixAddress } from '../rules/network.ts'
import { isHttpProtocol, isTlsProtocol, protocolNames, readProtocol } from '../rules/protocol.ts'
import { isIP } from 'node:net'
import type { GatewayServer, GatewaySpec } from './type.ts'
import { validateServerTls } from './validate-tls.ts'

export function validateGateway(spec: GatewaySpec): readonly Violation[] {
  if (spec.servers.length === 0) return [violation('spec.servers', 'empty', 'a gateway must have at least one server')]
  return [
    ...checkSelector('spec.selector', spec.selector),
    ...spec.servers.flatMap((server, i) => validateServer(joinPath('spec.servers', i), server)),
    ...duplicatePortNames(spec.servers),
  ]
}

function duplicatePortNames(servers: readonly GatewayServer[]): readonly Violation[] {
  const first = new Map<string, number>()
  return servers.flatMap(({ port: { name } }, i) => {
    const earlier = first.get(name)
    if (earlier === undefined) first.set(name, i)
    if (earlier === undefined || name === '') return []
    return [violation(`spec.servers[${i}].port.name`, 'duplicate', `spec.servers[${earlier}] has the port name '${name}' too`)]
  })
}

function validateServer(path: string, server: GatewayServer): readonly Violation[] {
  return [
    ...validatePort(`${path}.port`, server),
    ...validateHosts(path, server),
    ...validateBind(path, server),
    ...validateTlsUse(path, server),
  ]
}

function validatePort(path: string, { port }: GatewayServer): readonly Violation[] {
  const violations = [...checkPort(`${path}.number`, port.number)]
  if (port.name === '') violations.push(violation(`${path}.name`, 'missing-field', 'is required'))
  if (readProtocol(port.protocol) === undefined) {
    violations.push(
      violation(`${path}.protocol`, 'bad-protocol', `'${port.protocol}' is not a protocol`, `one of ${protocolNames().join(', ')}`),
    )
  }
  return violations
}

function validateHosts(path: string, { hosts }: GatewayServer): readonly Violation[] {
  if (hosts.length === 0) return [violation(`${path}.hosts`, 'empty', 'a server must have at least one host')]
  return hosts.flatMap((entry, i) => validateHost(`${path}.hosts[${i}]`, entry))
}

/** `host`, or `namespace/host` where the namespace may be `*` or `.`. */
function validateHost(path: string, entry: string): readonly Violation[] {
  const slash = entry.indexOf('/')
  const host = slash < 0 ? entry : entry.slice(slash + 1)
  const namespace = slash < 0 ? undefined : entry.slice(0, slash)
  const violations = [...checkWildcardDomain(path, host)]
  if (namespace !== undefined && namespace !== '*' && namespace !== '.' && !isDnsLabel(namespace)) {
    violations.push(violation(path, 'bad-namespace', `'${namespace}' is not the name of a namespace`))
  }
  if (violations.length === 0 && isShortName(host)) {
    violations.push(
      violation(
        path,
        'short-host',
        `'${host}' is a short name, which means nothing outside of the mesh`,
        "write a name with a dot, or '*'",
      ),
    )
  }
  return violations
}

function validateBind(path: string, { bind, defaultEndpoint }: GatewayServer): readonly Violation[] {
  const violations: Violation[] = []
  if (bind !== undefined && bind !== '' && isIP(bind) === 0 && !isUnixAddress(bind)) {
    violations.push(violation(`${path}.bind`, 'bad-address', `'${bind}' is not an address to listen on`))
  }
  if (defaultEndpoint !== undefined && defaultEndpoint !== '') {
    violations.push(violation(`${path}.defaultEndpoint`, 'unsupported', 'gateways have no default endpoint'))
  }
  return violations
}

/** HTTPS and TLS servers need TLS settings; plain HTTP takes only the redirect; all others none. */
function validateTlsUse(path: string, { port, tls }: GatewayServer): readonly Violation[] {
  const protocol = readProtocol(port.protocol)
  if (protocol === undefined) return []
  if (tls === undefined) {
    return isTlsProtocol(protocol) ? [violation(`${path}.tls`, 'missing-field', `is required for ${port.protocol}`)] : []
  }
  if (isHttpProtocol(protocol) && tls.mode !== 'PASSTHROUGH') {
    return [
      violation(
        `${path}.tls`,
        'tls-on-plain-port',
        `TLS settings beside httpsRedirect have no place on a ${port.protocol} port`,
        "use protocol 'HTTPS'",
      ),
    ]
  }
  if (!isHttpProtocol(protocol) && !isTlsProtocol(protocol)) {
    return [violation(`${path}.tls`, 'tls-on-plain-port', `TLS settings have no place on a ${port.protocol} port`, "use protocol 'TLS'")]
  }
  return isHttpProtocol(protocol) ? [] : validateServerTls(`${path}.tls`, tls)
}
