import { HeaderTable } from '../../http/header-table.ts'
import type { CheckHeader } from '../../model/health-check.ts'
import type { RequestHead } from '../exchange.ts'
import type { CheckTarget } from './check-target.ts'

/** As Envoy calls itself in checks, so that servers can tell them from requests. */
const USER_AGENT = 'Envoy/HC'

/** The head of a check: `fixed` fields first, then those the configuration adds, less those it removes. */
export function checkRequest(
  target: CheckTarget,
  method: string,
  path: string,
  configuredAuthority: string,
  fixed: readonly CheckHeader[],
  added: readonly CheckHeader[],
  removed: readonly string[],
): RequestHead {
  const requestHeaders = new HeaderTable()
  const authority = configuredAuthority || target.authority
  requestHeaders.append('host', authority)
  requestHeaders.append('user-agent', USER_AGENT)
  for (const { name, value } of fixed) requestHeaders.append(name, value)
  for (const name of removed) requestHeaders.remove(name)
  for (const { name, value, append } of added) {
    if (append && name !== 'host') requestHeaders.append(name, value)
    else requestHeaders.set(name, value)
  }
  const scheme = (target.via?.tls ?? null) === null ? 'http' : 'https'
  return { method, path, authority: requestHeaders.get('host') ?? authority, scheme, requestHeaders, upgrade: false }
}
