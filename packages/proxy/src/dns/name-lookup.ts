import { isIPv4 } from 'node:net'

/** One host of a name table, as far as it is used. */
export interface NamedHost {
  /** Full host name, possibly `*.` and a suffix. */
  readonly host: string
  readonly addresses: readonly string[]
  /** Both empty where there are no shorter forms. */
  readonly shortname: string
  readonly namespace: string
}

/** Where the workload is: what short names mean there. */
export interface NameScope {
  readonly namespace: string
  /** `default.svc.cluster.local`: names of other domains have no shorter forms here. */
  readonly dnsDomain: string
  /** First search domain of the workload's resolver, which it tries before the name as written; '' for none. */
  readonly searchDomain: string
}

export interface FoundName {
  readonly v4: readonly string[]
  readonly v6: readonly string[]
  /** The name that the search domain was put behind; undefined if the name asked for is the one known. */
  readonly alias?: string
}

/**
 * The names of one table, in every form in which a workload may ask for them. A name that is not here is the resolver's; one that
 * is here is answered, if only with nothing, so that no other resolver is asked about names of the mesh.
 */
export class NameLookup {
  private readonly hosts = new Map<string, FoundName>()
  private readonly searchSuffix: string

  constructor(table: readonly NamedHost[], scope: NameScope) {
    this.searchSuffix = scope.searchDomain === '' ? '' : `.${scope.searchDomain.toLowerCase().replace(/\.$/, '')}`
    const shorter: [string, FoundName][] = []
    for (const entry of table) {
      const found = { v4: entry.addresses.filter(isIPv4), v6: entry.addresses.filter(address => !isIPv4(address)) }
      this.hosts.set(entry.host.toLowerCase(), found)
      for (const form of shorterForms(entry, scope)) shorter.push([form.toLowerCase(), found])
    }
    // A host that is really called so comes before a short form of another.
    for (const [form, found] of shorter) if (!this.hosts.has(form)) this.hosts.set(form, found)
  }

  /** `name` in lower case, without the dot at the end. */
  find(name: string): FoundName | undefined {
    const found = this.hosts.get(name) ?? this.behindWildcard(name)
    if (found !== undefined || this.searchSuffix === '' || !name.endsWith(this.searchSuffix)) return found
    const alias = name.slice(0, -this.searchSuffix.length)
    const meant = this.hosts.get(alias) ?? this.behindWildcard(alias)
    return meant === undefined ? undefined : { ...meant, alias }
  }

  /** The longest suffix decides. */
  private behindWildcard(name: string): FoundName | undefined {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const found = this.hosts.get(`*${name.slice(dot)}`)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function shorterForms({ host, shortname, namespace }: NamedHost, scope: NameScope): readonly string[] {
  if (shortname === '' || namespace === '') return []
  const [, ...domain] = scope.dnsDomain.split('.')
  if (domain.length === 0 || !host.endsWith(`.${domain.join('.')}`)) return []
  const forms = [`${shortname}.${namespace}`, `${shortname}.${namespace}.${domain[0]}`]
  return namespace === scope.namespace ? [shortname, ...forms] : forms
}
