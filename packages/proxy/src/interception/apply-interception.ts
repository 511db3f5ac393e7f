import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

import { MeshError } from '@meshwork/core/result'

import type { Family, Interception } from './interception.ts'
import { interceptionChains } from './interception-chains.ts'
import type { InitOptions, RuleBackend } from './interception-flags.ts'
import { iptablesInput } from './iptables.ts'
import { nftablesInput } from './nftables.ts'

/** A command that the kernel's rules are changed with. */
interface Step {
  readonly command: readonly string[]
  readonly input: string
}

/** Carries out what `meshwork-init` was told and gives the text that says so: the rules now in force, or the ones planned. */
export function applyInterception(options: InitOptions): string {
  const backend = options.backend === 'auto' ? availableBackend() : options.backend
  const wanted = options.action === 'clean' ? null : options.interception
  const steps = families().flatMap(family => stepsOf(backend, family, wanted, options.interception))
  if (options.dryRun) return steps.map(step => `# ${step.command.join(' ')}\n${step.input}`).join('')
  for (const step of steps) run(step.command, step.input)
  return families()
    .map(family => inForce(backend, family))
    .join('')
}

function stepsOf(backend: RuleBackend, family: Family, wanted: Interception | null, told: Interception): readonly Step[] {
  const chains = wanted === null ? [] : interceptionChains(wanted, family)
  const rules: Step =
    backend === 'nftables'
      ? { command: ['nft', '-f', '-'], input: nftablesInput(chains, family) }
      : { command: [iptables(family, 'restore'), '--noflush', '-w'], input: iptablesInput(chains, run([iptables(family, 'save')], '')) }
  return rules.input === '' ? routes(family, wanted, told) : [rules, ...routes(family, wanted, told)]
}

/** TPROXY needs marked packets to be delivered here, whatever their address. `ip -force` goes on past a rule that is not there. */
function routes(family: Family, wanted: Interception | null, told: Interception): readonly Step[] {
  const transparent = wanted?.mode === 'TPROXY'
  if (!transparent && !hasRoute(family, told)) return []
  const ip = ['ip', family === 'ipv4' ? '-4' : '-6', '-force', '-batch', '-']
  const rule = `fwmark ${told.tproxyMark} lookup ${told.tproxyTable}`
  const lines = [`rule del ${rule}`, `route flush table ${told.tproxyTable}`]
  if (transparent) lines.push(`rule add ${rule}`, `route add local default dev lo table ${told.tproxyTable}`)
  return [{ command: ip, input: `${lines.join('\n')}\n` }]
}

function hasRoute(family: Family, { tproxyMark, tproxyTable }: Interception): boolean {
  const listed = run(['ip', family === 'ipv4' ? '-4' : '-6', 'rule', 'show'], '')
  return listed.includes(`fwmark 0x${tproxyMark.toString(16)} lookup ${tproxyTable}`)
}

/** IPv6 rules are wanted wherever the pod can have an IPv6 address at all. */
export function families(): readonly Family[] {
  return existsSync('/proc/net/if_inet6') && readFileSync('/proc/net/if_inet6', 'utf8') !== '' ? ['ipv4', 'ipv6'] : ['ipv4']
}

function availableBackend(): RuleBackend {
  if (spawnSync('iptables-restore', ['--version']).status === 0) return 'iptables'
  if (spawnSync('nft', ['--version']).status === 0) return 'nftables'
  throw new MeshError('NO_FIREWALL_TOOL', 'neither iptables-restore nor nft is installed', { nextStep: 'install iptables or nftables' })
}

function iptables(family: Family, verb: 'save' | 'restore'): string {
  return `${family === 'ipv4' ? 'iptables' : 'ip6tables'}-${verb}`
}

function inForce(backend: RuleBackend, family: Family): string {
  if (backend === 'iptables') return run([iptables(family, 'save')], '')
  const listed = spawnSync('nft', ['list', 'table', family === 'ipv4' ? 'ip' : 'ip6', 'meshwork'], { encoding: 'utf8' })
  return listed.status === 0 ? listed.stdout : ''
}

function run(command: readonly string[], input: string): string {
  const [file = '', ...args] = command
  const done = spawnSync(file, args, { encoding: 'utf8', input, maxBuffer: 2 ** 24 })
  if (done.status === 0 || args.includes('-force')) return done.stdout
  const reason = done.error?.message ?? done.stderr.trim()
  const next = /permitted|denied/i.test(reason) ? 'give the container the capabilities NET_ADMIN and NET_RAW' : `the input was:\n${input}`
  throw new MeshError('INTERCEPTION_FAILED', `${command.join(' ')}: ${reason}`, { nextStep: next })
}
