import { isIP } from 'node:net'

import { MeshError } from '@meshwork/core/result'
import { Command, Option } from 'commander'

import type { Cidr, DnsCapture, Family, InboundPorts, Interception, OutboundRanges } from './interception.ts'

/** Which kernel interface carries the rules. */
export type RuleBackend = 'iptables' | 'nftables'

/** What `meshwork-init` is told. */
export interface InitOptions {
  readonly action: 'apply' | 'clean'
  readonly dryRun: boolean
  /** Somebody else changes the rules. */
  readonly skipRules: boolean
  /** Wait until the rules are in force. */
  readonly validate: boolean
  readonly backend: RuleBackend | 'auto'
  readonly interception: Interception
}

/** Values as they come from the command line or the environment. */
interface Flags {
  readonly envoyPort: number
  readonly inboundCapturePort: number
  readonly proxyUid: readonly number[]
  readonly proxyGid?: readonly number[]
  readonly istioInboundInterceptionMode: Interception['mode']
  readonly istioInboundPorts: string
  readonly istioLocalExcludePorts: readonly number[]
  readonly istioServiceCidr: string
  readonly istioServiceExcludeCidr: string
  readonly istioOutboundPorts: readonly number[]
  readonly istioLocalOutboundPortsExclude: readonly number[]
  readonly istioInboundTproxyMark: number
  readonly istioInboundTproxyRouteTable: number
  readonly redirectDns: boolean
  readonly captureAllDns: boolean
  readonly dnsPort: number
  readonly backend: RuleBackend | 'auto'
  readonly dryRun: boolean
  readonly runValidation: boolean
  readonly skipRuleApply: boolean
  readonly probe: boolean
}

const HIGHEST_PORT = 65_535
const HIGHEST_ID = 2 ** 32 - 2
const BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 }

/**
 * Reads the flags of Istio's script of 1.0 (`-p -u -g -m -b -d -i -x`, first argument `clean`) and of the program that followed
 * it. `nameServers` are those of the pod, whose queries `--redirect-dns` takes. Throws BAD_FLAG.
 */
export function parseInitOptions(argv: readonly string[], environment: NodeJS.ProcessEnv, nameServers: readonly string[]): InitOptions {
  const program = initCommand(environment)
  program.parse(argv, { from: 'user' })
  const flags = program.opts<Flags>()
  const action = program.args[0] ?? 'apply'
  if (action !== 'apply' && action !== 'clean') {
    throw new MeshError('BAD_FLAG', `'${action}' is not an action`, { source: 'config', nextStep: 'run: meshwork-init [clean] [flags]' })
  }
  const { dryRun, backend, skipRuleApply: skipRules, runValidation: validate } = flags
  return { action, dryRun, skipRules, validate, backend, interception: interceptionOf(flags, nameServers) }
}

function initCommand(environment: NodeJS.ProcessEnv): Command {
  const program = new Command('meshwork-init')
    .description("sends a pod's connections through its proxy; 'clean' undoes it")
    .argument('[action]')
  const from = (name: string, otherwise: string): string => environment[name] ?? otherwise
  const add = (flags: string, about: string, parse: (text: string) => unknown, value: string): void => {
    program.addOption(new Option(flags, about).argParser(parse).default(parse(value), value))
  }
  add('-p, --envoy-port <port>', 'where outbound connections go', port('-p'), from('ENVOY_PORT', '15001'))
  add('-z, --inbound-capture-port <port>', 'where inbound connections go', port('-z'), from('INBOUND_CAPTURE_PORT', '15006'))
  add('-u, --proxy-uid <uids>', 'users that are left alone', ids('-u'), from('PROXY_UID', '1337'))
  program.addOption(new Option('-g, --proxy-gid <gids>', 'groups that are left alone (default: those of -u)').argParser(ids('-g')))
  program.addOption(
    new Option('-m, --istio-inbound-interception-mode <mode>', 'how inbound connections are taken')
      .choices(['REDIRECT', 'TPROXY'])
      .default(from('ISTIO_INBOUND_INTERCEPTION_MODE', 'REDIRECT')),
  )
  add('-b, --istio-inbound-ports <ports>', "inbound ports: '*', a list, or nothing", String, from('ISTIO_INBOUND_PORTS', ''))
  add('-d, --istio-local-exclude-ports <ports>', "inbound ports left alone under '*'", ports('-d'), from('ISTIO_LOCAL_EXCLUDE_PORTS', ''))
  add('-i, --istio-service-cidr <ranges>', "outbound ranges: '*', a list, or nothing", String, from('ISTIO_SERVICE_CIDR', ''))
  add('-x, --istio-service-exclude-cidr <ranges>', 'outbound ranges left alone', String, from('ISTIO_SERVICE_EXCLUDE_CIDR', ''))
  add('-q, --istio-outbound-ports <ports>', 'outbound ports taken in any range', ports('-q'), from('ISTIO_OUTBOUND_PORTS', ''))
  add(
    '-o, --istio-local-outbound-ports-exclude <ports>',
    'outbound ports left alone',
    ports('-o'),
    from('ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE', ''),
  )
  add('-t, --istio-inbound-tproxy-mark <mark>', 'mark of TPROXY', id('-t'), from('ISTIO_INBOUND_TPROXY_MARK', '1337'))
  add(
    '-r, --istio-inbound-tproxy-route-table <table>',
    'routing table of TPROXY',
    id('-r'),
    from('ISTIO_INBOUND_TPROXY_ROUTE_TABLE', '133'),
  )
  add('--dns-port <port>', "the proxy's DNS port", port('--dns-port'), '15053')
  return program
    .option('--redirect-dns', "take queries to the pod's name servers", false)
    .option('--capture-all-dns', 'take queries to any name server', false)
    .addOption(new Option('--backend <name>', 'what carries the rules').choices(['auto', 'iptables', 'nftables']).default('auto'))
    .option('--dry-run', 'print the rules, change nothing', false)
    .option('--skip-rule-apply', 'change nothing: the agent of the node does', false)
    .option('--run-validation', 'end only when the rules are in force', false)
    .option('--probe', 'add the rule by which a validation without rights sees the others', false)
}

function interceptionOf(flags: Flags, nameServers: readonly string[]): Interception {
  return {
    mode: flags.istioInboundInterceptionMode,
    outboundPort: flags.envoyPort,
    inboundPort: flags.inboundCapturePort,
    inbound: inboundPorts(flags),
    outbound: outboundRanges(flags),
    bypassUids: flags.proxyUid,
    bypassGids: flags.proxyGid ?? flags.proxyUid,
    dns: dnsCapture(flags, nameServers),
    tproxyMark: flags.istioInboundTproxyMark,
    tproxyTable: flags.istioInboundTproxyRouteTable,
    probe: flags.probe || flags.runValidation,
  }
}

function inboundPorts(flags: Flags): InboundPorts {
  if (flags.istioInboundPorts === '*') return { kind: 'all', except: flags.istioLocalExcludePorts }
  return { kind: 'only', ports: ports('-b')(flags.istioInboundPorts) }
}

function outboundRanges(flags: Flags): OutboundRanges {
  return {
    include: flags.istioServiceCidr === '*' ? 'all' : cidrs('-i', flags.istioServiceCidr),
    includePorts: flags.istioOutboundPorts,
    exclude: cidrs('-x', flags.istioServiceExcludeCidr),
    excludePorts: flags.istioLocalOutboundPortsExclude,
  }
}

function dnsCapture(flags: Flags, nameServers: readonly string[]): DnsCapture | null {
  if (flags.captureAllDns) return { port: flags.dnsPort, servers: 'all' }
  return flags.redirectDns ? { port: flags.dnsPort, servers: nameServers.map(server => cidr('--redirect-dns', server)) } : null
}

function refuse(flag: string, text: string, expected: string): never {
  throw new MeshError('BAD_FLAG', `${flag}: '${text}' is not ${expected}`, { source: 'config', nextStep: 'run: meshwork-init --help' })
}

function items(text: string): readonly string[] {
  return text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}

function integer(flag: string, text: string, lowest: number, highest: number, what: string): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : -1
  return value >= lowest && value <= highest ? value : refuse(flag, text, `${what} (${lowest} to ${highest})`)
}

function port(flag: string): (text: string) => number {
  return text => integer(flag, text, 1, HIGHEST_PORT, 'a port')
}

function ports(flag: string): (text: string) => readonly number[] {
  return text => items(text).map(port(flag))
}

function id(flag: string): (text: string) => number {
  return text => integer(flag, text, 0, HIGHEST_ID, 'a number')
}

function ids(flag: string): (text: string) => readonly number[] {
  return text => items(text).map(id(flag))
}

function cidrs(flag: string, text: string): readonly Cidr[] {
  return items(text).map(item => cidr(flag, item))
}

function cidr(flag: string, text: string): Cidr {
  const [address = '', length, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return refuse(flag, text, 'a range like 10.0.0.0/8')
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const bits = length === undefined ? BITS[family] : integer(flag, length, 0, BITS[family], 'a prefix length')
  return { family, text: `${address}/${bits}` }
}
