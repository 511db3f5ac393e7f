import type { Chain, Family, Match, Rule, Verdict } from './interception.ts'

/** Priorities of nftables' families of chains (nft(8), "priority"), and the type a chain with a hook must have there. */
const PLACES = {
  raw: { type: { prerouting: 'filter', output: 'filter' }, priority: -300 },
  mangle: { type: { prerouting: 'filter', output: 'route' }, priority: -150 },
  nat: { type: { prerouting: 'nat', output: 'nat' }, priority: -100 },
} as const
const FAMILY = { ipv4: 'ip', ipv6: 'ip6' } as const

/**
 * Input of `nft -f -` that puts `chains` into force. All of ours lies in one table for each family, which is replaced as one
 * transaction; without chains it only goes.
 */
export function nftablesInput(chains: readonly Chain[], family: Family): string {
  const table = `table ${FAMILY[family]} meshwork`
  // A table must be there to be deleted.
  const fresh = `${table}\ndelete ${table}\n`
  if (chains.length === 0) return fresh
  // A jump needs its target to exist: chains without a hook come first.
  const ordered = chains.toSorted((a, b) => Number(a.hook !== null) - Number(b.hook !== null))
  return `${fresh}${table} {\n${ordered.map(chain => chainText(chain, family)).join('')}}\n`
}

function chainText(chain: Chain, family: Family): string {
  const rules = chain.rules.map(rule => `    ${ruleText(chain, rule, family)}\n`).join('')
  return `  chain ${nameIn(chain)} {\n${hookText(chain)}${rules}  }\n`
}

/** nftables has one space of names for what iptables keeps in several tables. */
function nameIn({ table, name }: Pick<Chain, 'table' | 'name'>): string {
  return `${name}_${table}`.toLowerCase()
}

function hookText({ table, hook }: Chain): string {
  if (hook === null) return ''
  const place = PLACES[table]
  return `    type ${place.type[hook.at]} hook ${hook.at} priority ${place.priority}; policy accept;\n    meta l4proto != ${hook.protocol} accept\n`
}

function ruleText(chain: Chain, { matches, verdict }: Rule, family: Family): string {
  const protocol = matches.find(match => match.kind === 'protocol')?.protocol ?? 'tcp'
  return [...matches.map(match => matchText(match, protocol, family)), verdictText(verdict, chain, family)].join(' ')
}

function matchText(match: Match, protocol: string, family: Family): string {
  switch (match.kind) {
    case 'protocol':
      return `meta l4proto ${match.protocol}`
    case 'destination-port':
      return `${protocol} dport ${match.port}`
    case 'source-port':
      return `${protocol} sport ${match.port}`
    case 'source':
      return `${FAMILY[family]} saddr ${match.not === true ? '!= ' : ''}${match.cidr}`
    case 'destination':
      return `${FAMILY[family]} daddr ${match.not === true ? '!= ' : ''}${match.cidr}`
    case 'out-interface':
      return `oifname "${match.name}"`
    case 'in-interface':
      return `iifname "${match.name}"`
    case 'user':
      return `meta skuid ${match.id}`
    case 'group':
      return `meta skgid ${match.id}`
    case 'mark':
      return `meta mark ${match.mark}`
    case 'connection-mark':
      return `ct mark ${match.mark}`
    case 'established':
      return 'ct state established,related'
  }
}

function verdictText(verdict: Verdict, { table }: Chain, family: Family): string {
  switch (verdict.kind) {
    case 'return':
    case 'accept':
      return verdict.kind
    case 'jump':
      return `jump ${nameIn({ table, name: verdict.chain })}`
    case 'redirect':
      return `redirect to :${verdict.port}`
    case 'tproxy':
      return `tproxy ${FAMILY[family]} to :${verdict.port} meta mark set ${verdict.mark} accept`
    case 'mark':
      return `meta mark set ${verdict.mark}`
    case 'save-mark':
      return 'ct mark set meta mark'
    case 'restore-mark':
      return 'meta mark set ct mark'
    case 'zone':
      return `ct zone set ${verdict.zone}`
  }
}
