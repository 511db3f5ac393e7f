import { isIPv6 } from 'node:net'

/**
 * The shorter names under which a client may call a service, given the domain that its resolver appends
 * (`default.svc.cluster.local`). What host and domain share at the end may be left out piece by piece;
 * a host outside the domain has only its own name (traffic.md 2.5, test vectors of Istio 1.0).
 */
export function hostAliases(host: string, proxyDomain: string): readonly string[] {
  const hostParts = host.split('.')
  const domainParts = proxyDomain.split('.')
  let shared = 0
  while (
    shared < hostParts.length &&
    shared < domainParts.length &&
    hostParts[hostParts.length - 1 - shared] === domainParts[domainParts.length - 1 - shared]
  ) {
    shared++
  }
  const own = hostParts.slice(0, hostParts.length - shared)
  const suffix = hostParts.slice(hostParts.length - shared)
  if (shared === 0 || own.length === 0) return []
  return suffix.map((_, kept) => [...own, ...suffix.slice(0, kept)].join('.'))
}

/** `Host` with a port, as clients write it for every port but the scheme's own. */
export function withPort(domains: readonly string[], port: number): readonly string[] {
  return domains.map(domain => `${domain}:${port}`)
}

/** An address as it stands in `Host`: IPv6 in brackets (RFC 3986 section 3.2.2). */
export function addressDomain(address: string): string {
  return isIPv6(address) ? `[${address}]` : address
}
