import { type Chain, type Cidr, type Family, type Interception, type Match, PROBE_PORTS, type Rule, type Verdict } from './interception.ts'

const LOOPBACK: Readonly<Record<Family, string>> = { ipv4: '127.0.0.1/32', ipv6: '::1/128' }
/** Source of connections that the proxy opens to its own application: they must not be intercepted again. */
const PROXY_TO_APPLICATION: Readonly<Record<Family, string>> = { ipv4: '127.0.0.6/32', ipv6: '::6/128' }
/** Whoever logs in to repair a pod must not depend on its proxy. */
const SSH_PORT = 22
const DNS_PORT = 53
/** Zones of connection tracking: queries of the application and of the proxy may have the same addresses and ports. */
const [PROXY_ZONE, APPLICATION_ZONE] = [1, 2]

const TCP: Match = { kind: 'protocol', protocol: 'tcp' }
const UDP: Match = { kind: 'protocol', protocol: 'udp' }
const OUT_LO: Match = { kind: 'out-interface', name: 'lo' }
const IN_LO: Match = { kind: 'in-interface', name: 'lo' }
const RETURN: Verdict = { kind: 'return' }

/** The rules of one address family, under the names that Istio's script gives to chains. */
export function interceptionChains(interception: Interception, family: Family): readonly Chain[] {
  return [
    ...dnsZones(interception, family),
    ...(interception.mode === 'TPROXY' ? transparentInbound(interception, family) : []),
    nat('ISTIO_REDIRECT', [rule([TCP], { kind: 'redirect', port: interception.outboundPort })]),
    nat('ISTIO_IN_REDIRECT', [rule([TCP], { kind: 'redirect', port: interception.inboundPort })]),
    ...(interception.mode === 'REDIRECT' ? redirectedInbound(interception) : []),
    output(interception, family),
    ...capturedQueries(interception, family),
  ]
}

function nat(name: string, rules: readonly Rule[], hook: Chain['hook'] = null): Chain {
  return { table: 'nat', name, hook, rules }
}

function rule(matches: readonly Match[], verdict: Verdict): Rule {
  return { matches, verdict }
}

function jump(chain: string): Verdict {
  return { kind: 'jump', chain }
}

function port(number: number): Match {
  return { kind: 'destination-port', port: number }
}

function inboundRules({ inbound }: Interception, taken: Verdict): readonly Rule[] {
  if (inbound.kind === 'only') return inbound.ports.map(each => rule([TCP, port(each)], taken))
  return [...[SSH_PORT, ...inbound.except].map(each => rule([TCP, port(each)], RETURN)), rule([TCP], taken)]
}

function redirectedInbound(interception: Interception): readonly Chain[] {
  const rules = inboundRules(interception, jump('ISTIO_IN_REDIRECT'))
  return rules.length === 0 ? [] : [nat('ISTIO_INBOUND', rules, { at: 'prerouting', protocol: 'tcp' })]
}

/** Packets of connections the proxy already has go to it by their mark; the first packet of others by TPROXY. */
function transparentInbound(interception: Interception, family: Family): readonly Chain[] {
  const mark = interception.tproxyMark
  const mangle = (name: string, rules: readonly Rule[], hook: Chain['hook'] = null): Chain => ({ table: 'mangle', name, hook, rules })
  const taken = inboundRules(interception, jump('ISTIO_TPROXY'))
  if (taken.length === 0) return []
  const toProxy: Verdict = { kind: 'tproxy', port: interception.inboundPort, mark }
  const outside: Match = { kind: 'destination', cidr: LOOPBACK[family], not: true }
  const marked = rule([TCP, { kind: 'mark', mark }], { kind: 'save-mark' })
  return [
    mangle('ISTIO_DIVERT', [rule([], { kind: 'mark', mark }), rule([], { kind: 'accept' })]),
    mangle('ISTIO_TPROXY', [rule([TCP, outside], toProxy)]),
    // What comes over the loopback is the proxy on its way to the application, in the client's name. Its mark stays with the
    // connection, so that the application's answer finds back to the proxy instead of leaving for the client.
    mangle('ISTIO_INBOUND', [marked, rule([TCP, IN_LO], RETURN), ...divertKnown(taken)], { at: 'prerouting', protocol: 'tcp' }),
    mangle('ISTIO_OUTPUT_MARK', [rule([TCP, { kind: 'connection-mark', mark }], { kind: 'restore-mark' })], {
      at: 'output',
      protocol: 'tcp',
    }),
  ]
}

function divertKnown(rules: readonly Rule[]): readonly Rule[] {
  return rules.flatMap(each =>
    each.verdict.kind === 'jump' ? [rule([...each.matches, { kind: 'established' }], jump('ISTIO_DIVERT')), each] : [each],
  )
}

function output(interception: Interception, family: Family): Chain {
  const { outbound } = interception
  const take = jump('ISTIO_REDIRECT')
  const included = outbound.include === 'all' ? [rule([TCP], take)] : toRanges(outbound.include, family, [TCP], take)
  return nat(
    'ISTIO_OUTPUT',
    [
      ...probeRules(interception, family),
      ...ownMark(interception),
      rule([TCP, OUT_LO, { kind: 'source', cidr: PROXY_TO_APPLICATION[family] }], RETURN),
      ...outbound.excludePorts.map(each => rule([TCP, port(each)], RETURN)),
      ...bypass(interception).flatMap(owner => proxyRules(owner, interception, family)),
      ...dnsRules(interception, family, TCP),
      rule([TCP, OUT_LO], RETURN),
      ...toRanges(outbound.exclude, family, [TCP], RETURN),
      ...outbound.includePorts.map(each => rule([TCP, port(each)], take)),
      ...included,
    ],
    { at: 'output', protocol: 'tcp' },
  )
}

/** In the table that changes last: when it leads elsewhere, all the others are in force. */
function probeRules({ probe }: Interception, family: Family): readonly Rule[] {
  if (probe !== true) return []
  const toLoopback: Match = { kind: 'destination', cidr: LOOPBACK[family] }
  return [rule([TCP, OUT_LO, toLoopback, port(PROBE_PORTS.asked)], { kind: 'redirect', port: PROBE_PORTS.arrives })]
}

/** What the proxy sends to its application in a client's name is final. */
function ownMark({ mode, tproxyMark }: Interception): readonly Rule[] {
  return mode === 'TPROXY' ? [rule([TCP, { kind: 'mark', mark: tproxyMark }], RETURN)] : []
}

/** The proxy calls a service whose endpoint is this very pod: that is inbound traffic. All else it sends is final. */
function proxyRules(owner: Match, interception: Interception, family: Family): readonly Rule[] {
  const { inbound } = interception
  const ownPod: readonly Match[] = [TCP, OUT_LO, { kind: 'destination', cidr: LOOPBACK[family], not: true }, owner]
  const inwards = jump('ISTIO_IN_REDIRECT')
  const own =
    inbound.kind === 'only'
      ? inbound.ports.map(each => rule([...ownPod, port(each)], inwards))
      : [...inbound.except.map(each => rule([...ownPod, port(each)], RETURN)), rule(ownPod, inwards)]
  return [...own, rule([owner], RETURN)]
}

function bypass({ bypassUids, bypassGids }: Interception): readonly Match[] {
  return [...bypassUids.map(id => ({ kind: 'user', id }) as const), ...bypassGids.map(id => ({ kind: 'group', id }) as const)]
}

function toRanges(ranges: readonly Cidr[], family: Family, matches: readonly Match[], verdict: Verdict): readonly Rule[] {
  return ranges
    .filter(range => range.family === family)
    .map(range => rule([...matches, { kind: 'destination', cidr: range.text }], verdict))
}

function dnsRules({ dns }: Interception, family: Family, protocol: Match): readonly Rule[] {
  if (dns === null) return []
  const toProxy: Verdict = { kind: 'redirect', port: dns.port }
  const query = [protocol, port(DNS_PORT)]
  return dns.servers === 'all' ? [rule(query, toProxy)] : toRanges(dns.servers, family, query, toProxy)
}

function capturedQueries(interception: Interception, family: Family): readonly Chain[] {
  const rules = dnsRules(interception, family, UDP)
  if (rules.length === 0) return []
  return [nat('ISTIO_DNS', [...bypass(interception).map(owner => rule([owner], RETURN)), ...rules], { at: 'output', protocol: 'udp' })]
}

function dnsZones(interception: Interception, family: Family): readonly Chain[] {
  const { dns } = interception
  if (dns === null || dnsRules(interception, family, UDP).length === 0) return []
  const from = (each: number): Match => ({ kind: 'source-port', port: each })
  const proxy: Verdict = { kind: 'zone', zone: PROXY_ZONE }
  const application: Verdict = { kind: 'zone', zone: APPLICATION_ZONE }
  const own = bypass(interception).flatMap(owner => [
    ...[rule([UDP, port(DNS_PORT), owner], proxy), rule([UDP, port(DNS_PORT), owner], RETURN)],
    ...[rule([UDP, from(dns.port), owner], application), rule([UDP, from(dns.port), owner], RETURN)],
  ])
  return [
    {
      table: 'raw',
      name: 'ISTIO_DNS_OUT',
      hook: { at: 'output', protocol: 'udp' },
      rules: [...own, rule([UDP, port(DNS_PORT)], application)],
    },
    { table: 'raw', name: 'ISTIO_DNS_IN', hook: { at: 'prerouting', protocol: 'udp' }, rules: [rule([UDP, from(DNS_PORT)], proxy)] },
  ]
}
