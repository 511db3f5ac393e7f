import { violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkFqdn } from '../rules/hostname.ts'
import { checkPort } from '../rules/network.ts'

/** `host:port`, IPv6 addresses in brackets; empty means that there is none. */
export function checkAddress(path: string, address: string): readonly Violation[] {
  if (address === '') return []
  const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(address) ?? []
  if (host === undefined || port === undefined) return [violation(path, 'bad-address', `'${address}' is not of the form host:port`)]
  const name = host.replace(/^\[(.*)\]$/, '$1')
  return [...(isIP(name) === 0 ? checkFqdn(path, name) : []), ...checkPort(path, Number(port))]
}
