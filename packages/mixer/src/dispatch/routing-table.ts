import type { Template, Variety } from '../encode/index.ts'
import type { Program } from '../lang/index.ts'
import type { HandlerSpec, InstanceSpec, RuleSpec, Snapshot } from '../snapshot/index.ts'

/** Instances that are made under the same condition. */
export interface InstanceGroup {
  /** Empty: always. */
  readonly matchText: string
  readonly match: Program | undefined
  readonly instances: readonly InstanceSpec[]
}

/** A handler with one of its templates: gets one report call, or one check call per instance. */
export interface Destination {
  readonly handler: HandlerSpec
  readonly template: Template
  readonly groups: readonly InstanceGroup[]
}

interface NamespaceTable {
  readonly byNamespace: ReadonlyMap<string, readonly Destination[]>
  readonly fallback: readonly Destination[]
}

/** Where instances go: by variety and by the namespace whose rules apply (mixer.md 3.4). */
export class RoutingTable {
  private readonly varieties: ReadonlyMap<Variety, NamespaceTable>

  constructor(varieties: ReadonlyMap<Variety, NamespaceTable>) {
    this.varieties = varieties
  }

  /** Rules of the root namespace and of this one; an unknown namespace has only the former. */
  destinations(variety: Variety, namespace: string): readonly Destination[] {
    const table = this.varieties.get(variety)
    return table?.byNamespace.get(namespace) ?? table?.fallback ?? []
  }

  namespaces(variety: Variety): readonly string[] {
    return [...(this.varieties.get(variety)?.byNamespace.keys() ?? [])]
  }
}

interface OpenGroup {
  readonly match: Program | undefined
  readonly instances: InstanceSpec[]
}

interface OpenDestination {
  readonly handler: HandlerSpec
  readonly template: Template
  readonly groups: Map<string, OpenGroup>
}

const VARIETIES: readonly Variety[] = ['check', 'report', 'quota']
/** A condition that says always. */
const ALWAYS = 'true'

function destinationsOf(rules: readonly RuleSpec[], variety: Variety): readonly Destination[] {
  const open = new Map<string, OpenDestination>()
  for (const rule of rules) {
    for (const { handler, instances } of rule.actions) {
      for (const instance of instances) if (instance.template.variety === variety) addInstance(open, rule, handler, instance)
    }
  }
  return Array.from(open.values(), ({ handler, template, groups }) => ({
    handler,
    template,
    groups: Array.from(groups, ([matchText, group]) => ({ matchText, match: group.match, instances: group.instances })),
  }))
}

/** Instances of one handler under the same condition make one group, whichever rules they come from. */
function addInstance(open: Map<string, OpenDestination>, rule: RuleSpec, handler: HandlerSpec, instance: InstanceSpec): void {
  const { template } = instance
  const key = `${handler.name} ${template.name}`
  const destination = open.get(key) ?? { handler, template, groups: new Map<string, OpenGroup>() }
  open.set(key, destination)
  const always = rule.match === undefined || rule.matchText === ALWAYS
  const text = always ? '' : rule.matchText
  const group = destination.groups.get(text) ?? { match: always ? undefined : rule.match, instances: [] }
  destination.groups.set(text, group)
  group.instances.push(instance)
}

export function buildRoutingTable(snapshot: Snapshot, rootNamespace: string): RoutingTable {
  const rootRules = snapshot.rules.filter(rule => rule.namespace === rootNamespace)
  const namespaces = new Set(snapshot.rules.map(rule => rule.namespace))
  const varieties = VARIETIES.map((variety): [Variety, NamespaceTable] => {
    const byNamespace = new Map<string, readonly Destination[]>()
    for (const namespace of namespaces) {
      const own = namespace === rootNamespace ? [] : snapshot.rules.filter(rule => rule.namespace === namespace)
      byNamespace.set(namespace, destinationsOf([...rootRules, ...own], variety))
    }
    return [variety, { byNamespace, fallback: destinationsOf(rootRules, variety) }]
  })
  return new RoutingTable(new Map(varieties))
}
