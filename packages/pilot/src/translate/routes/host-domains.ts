import { isIPv6 } from 'node:net'

/**
 * The shorter names under which a client may call a service; `own` says where the part begins that the client's resolver appends
 * (`ownPart`). What host and domain share at the end may be left out piece by piece; a host outside the domain has only its own
 * name (traffic.md 2.5, test vectors of Istio 1.0).
 */
export function shorterNames(host: string, own: number): readonly string[] {
  const aliases: string[] = []
  for (let end = own; end > 0; end = host.indexOf('.', end + 1)) aliases.push(host.slice(0, end))
  return aliases
}

/**
 * Where the labels end that `host` does not share with the end of `domain` (`default.svc.cluster.local`); 0 if it shares none, or has
 * no others. The same for nearly all domains of a mesh, which only differ in their first label.
 */
export function ownPart(host: string, domain: string): number {
  let own = 0
  let [h, d] = [host.length, domain.length]
  while (h > 0 && d > 0 && host.charCodeAt(h - 1) === domain.charCodeAt(d - 1)) {
    h--
    d--
    // A label is shared if it is whole on both sides.
    const whole = d === 0 || domain.charCodeAt(d - 1) === DOT
    if (whole && h === 0) return 0
    if (whole && host.charCodeAt(h - 1) === DOT) own = h - 1
  }
  return own
}

const DOT = 0x2e

/** `Host` with a port, as clients write it for every port but the scheme's own. */
export function withPort(domains: readonly string[], port: number): readonly string[] {
  return domains.map(domain => `${domain}:${port}`)
}

/** An address as it stands in `Host`: IPv6 in brackets (RFC 3986 section 3.2.2). */
export function addressDomain(address: string): string {
  return isIPv6(address) ? `[${address}]` : address
}
