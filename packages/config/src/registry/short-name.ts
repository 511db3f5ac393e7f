/**
 * The full name of a host as configuration writes it: names with a dot, wildcards and IPv6 addresses stay, a short name belongs to the
 * namespace of the object that it stands in (traffic.md 1.0).
 */
export function fullHost(host: string, namespace: string, clusterDomain: string): string {
  if (host.includes('.') || host.startsWith('*') || host.includes(':')) return host
  return `${host}.${namespace}.svc.${clusterDomain}`
}

/** A gateway named `ns/name`, `name` or `name.ns.svc.<domain>`, seen from an object in `namespace`. */
export function fullGatewayName(name: string, namespace: string): string {
  if (name.includes('/')) return name.startsWith('./') ? `${namespace}${name.slice(1)}` : name
  const [own = name, other, svc] = name.split('.')
  return other !== undefined && svc === 'svc' ? `${other}/${own}` : `${namespace}/${name}`
}
