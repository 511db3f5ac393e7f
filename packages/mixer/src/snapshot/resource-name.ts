/** `<name>.<kind>.<namespace>`, the form in which messages and adapters name a resource. */
export function qualifiedName(name: string, kind: string, namespace: string): string {
  return `${name}.${kind}.${namespace}`
}

/** The part before the first dot: by it a quota is asked for. */
export function shortName(name: string): string {
  return name.split('.', 1)[0] ?? name
}

/**
 * What a reference in a rule may mean, first match wins (mixer.md 3.2). `x` is of the general kind and in the rule's namespace;
 * `a.b` is kind b in the rule's namespace, else the general kind in namespace b; anything longer is taken as it stands.
 */
export function referenceCandidates(reference: string, generalKind: 'handler' | 'instance', ruleNamespace: string): readonly string[] {
  const [name = '', second, ...rest] = reference.split('.')
  if (second === undefined) return [qualifiedName(name, generalKind, ruleNamespace)]
  if (rest.length > 0) return [reference]
  return [qualifiedName(name, second, ruleNamespace), qualifiedName(name, generalKind, second)]
}
