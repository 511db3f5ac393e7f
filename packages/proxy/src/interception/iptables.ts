import type { Chain, Match, Rule, Verdict } from './interception.ts'

const TABLES = ['raw', 'mangle', 'nat'] as const
const HOOKS = { prerouting: 'PREROUTING', output: 'OUTPUT' } as const
const OURS = /^ISTIO_/

/**
 * Input of `iptables-restore --noflush` that puts `chains` into force in place of what an earlier run left. Each table changes
 * as one transaction: no packet sees half of it, and a second run gives the same rules. `saved` is what `iptables-save` prints
 * now. Without chains all of ours is removed; rules of others stay where they are.
 */
export function iptablesInput(chains: readonly Chain[], saved: string): string {
  return TABLES.map(table =>
    tableInput(
      table,
      chains.filter(chain => chain.table === table),
      savedTable(saved, table),
    ),
  ).join('')
}

function tableInput(table: string, chains: readonly Chain[], saved: readonly string[]): string {
  const left = saved.flatMap(line => /^:(ISTIO_\S+)/.exec(line)?.[1] ?? []).filter(name => !chains.some(chain => chain.name === name))
  const hooks = saved.filter(line => /^-A (?!ISTIO_)/.test(line) && OURS.test(/ -j (\S+)/.exec(line)?.[1] ?? ''))
  if (chains.length + left.length + hooks.length === 0) return ''
  return [
    `*${table}`,
    // Naming a chain makes it, or empties the one that is there.
    ...[...chains.map(chain => chain.name), ...left].map(name => `:${name} - [0:0]`),
    ...hooks.map(line => line.replace(/^-A/, '-D')),
    ...left.map(name => `-X ${name}`),
    ...chains.flatMap(chain => chain.rules.map(rule => `-A ${chain.name} ${ruleText(rule)}`)),
    ...chains.flatMap(({ hook, name }) => (hook === null ? [] : [`-A ${HOOKS[hook.at]} -p ${hook.protocol} -j ${name}`])),
    'COMMIT',
    '',
  ].join('\n')
}

function savedTable(saved: string, table: string): readonly string[] {
  const lines = saved.split('\n')
  const start = lines.indexOf(`*${table}`)
  return start < 0 ? [] : lines.slice(start + 1, lines.indexOf('COMMIT', start))
}

function ruleText({ matches, verdict }: Rule): string {
  // A protocol comes first: matches on ports belong to it.
  const ordered = matches.toSorted((a, b) => Number(b.kind === 'protocol') - Number(a.kind === 'protocol'))
  return [...ordered.map(matchText), verdictText(verdict)].join(' ')
}

function matchText(match: Match): string {
  switch (match.kind) {
    case 'protocol':
      return `-p ${match.protocol}`
    case 'destination-port':
      return `--dport ${match.port}`
    case 'source-port':
      return `--sport ${match.port}`
    case 'source':
      return `${match.not === true ? '! ' : ''}-s ${match.cidr}`
    case 'destination':
      return `${match.not === true ? '! ' : ''}-d ${match.cidr}`
    case 'out-interface':
      return `-o ${match.name}`
    case 'in-interface':
      return `-i ${match.name}`
    case 'user':
      return `-m owner --uid-owner ${match.id}`
    case 'group':
      return `-m owner --gid-owner ${match.id}`
    case 'mark':
      return `-m mark --mark ${match.mark}`
    case 'connection-mark':
      return `-m connmark --mark ${match.mark}`
    case 'established':
      return '-m conntrack --ctstate RELATED,ESTABLISHED'
  }
}

function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'return':
      return '-j RETURN'
    case 'accept':
      return '-j ACCEPT'
    case 'jump':
      return `-j ${verdict.chain}`
    case 'redirect':
      return `-j REDIRECT --to-ports ${verdict.port}`
    case 'tproxy':
      return `-j TPROXY --on-port ${verdict.port} --tproxy-mark ${verdict.mark}`
    case 'mark':
      return `-j MARK --set-mark ${verdict.mark}`
    case 'save-mark':
      return '-j CONNMARK --save-mark'
    case 'restore-mark':
      return '-j CONNMARK --restore-mark'
    case 'zone':
      return `-j CT --zone ${verdict.zone}`
  }
}
