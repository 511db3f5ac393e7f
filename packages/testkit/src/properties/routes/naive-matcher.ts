import {
  CALLER,
  type MatchDocument,
  type MeshDocument,
  type RequestDocument,
  type RouteDocument,
  type ServiceFacts,
  type TextMatch,
  type TextMatches,
  type VirtualServiceDocument,
} from './mesh-document.ts'

/** The name of the route that decides; `default` for a service without rules, `none` where rules exist and none holds, `strange` for unknown hosts. */
export type Verdict = string

/** Names, with or without a wildcard, and the object that decides for them; undefined: nobody, requests go to the service. */
interface Claim {
  readonly names: readonly string[]
  readonly vs: VirtualServiceDocument | undefined
}

/**
 * What happens to a request, read straight from the documents: one question after the other, nothing prepared, nothing shared with
 * the code that makes and compiles route tables.
 */
export function naiveVerdict(mesh: MeshDocument, request: RequestDocument): Verdict {
  const host = request.authority.replace(/:\d+$/, '').toLowerCase()
  const claims = claimsAt(mesh, request)
  const claim = claims.find(({ names }) => names.includes(host)) ?? widest(claims, host)
  if (claim === undefined) return 'strange'
  return claim.vs === undefined ? 'default' : decide(claim.vs, mesh, request)
}

function widest(claims: readonly Claim[], host: string): Claim | undefined {
  const wild = claims.flatMap(({ names, vs }) =>
    names
      .filter(name => name.startsWith('*') && host.endsWith(name.slice(1)) && host.length >= name.length)
      .map(name => ({ names: [name], vs })),
  )
  return wild.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]
}

function lengthOf({ names }: Claim): number {
  return names[0]?.length ?? 0
}

/** Who has which names at the port, the earlier before the later: objects in their order, then services that none decides for. */
function claimsAt(mesh: MeshDocument, request: RequestDocument): readonly Claim[] {
  const seen = inOrderOfExport(mesh)
  const able = seen.filter(vs => routesOf(vs, mesh).some(route => mayApply(route, request)))
  const here = mesh.services.filter(service => service.ports.includes(request.port))
  const decided = here.map(service => ({ service, vs: deciderOf(fullNameOf(service), seen, able) }))
  const byObjects = able.flatMap((vs): Claim[] => [
    ...(request.port === 80 || staysBeside(vs, decided) || leadsHere(vs, mesh) ? strangersOf(vs, here) : []).map(name => ({
      names: [name],
      vs,
    })),
    ...decided.filter(one => one.vs === vs).map(({ service }) => ({ names: namesOf(service), vs })),
  ])
  const free = decided.filter(({ vs }) => vs === undefined).map(({ service }) => ({ names: namesOf(service), vs: undefined }))
  return [...byObjects, ...free]
}

/** The first able object that names the service; if none names it, the one that has the longest pattern, if that is able. */
function deciderOf(
  name: string,
  seen: readonly VirtualServiceDocument[],
  able: readonly VirtualServiceDocument[],
): VirtualServiceDocument | undefined {
  if (able.some(vs => hostsOf(vs).includes(name))) return able.find(vs => hostsOf(vs).includes(name))
  if (seen.some(vs => hostsOf(vs).includes(name))) return undefined
  const patterns = seen.flatMap(vs =>
    hostsOf(vs)
      .filter(host => isPatternOf(host, name))
      .map(host => ({ host, vs })),
  )
  const owner = patterns.toSorted((a, b) => b.host.length - a.host.length)[0]?.vs
  return owner !== undefined && able.includes(owner) ? owner : undefined
}

function isPatternOf(host: string, name: string): boolean {
  return host.startsWith('*') && name.endsWith(host.slice(1))
}

/** Hosts of the object that are no service of the port. */
function strangersOf(vs: VirtualServiceDocument, here: readonly ServiceFacts[]): readonly string[] {
  return hostsOf(vs).filter(host => !here.some(service => host === fullNameOf(service) || isPatternOf(host, fullNameOf(service))))
}

function staysBeside(
  vs: VirtualServiceDocument,
  decided: readonly { readonly service: ServiceFacts; readonly vs: VirtualServiceDocument | undefined }[],
): boolean {
  return decided.some(one => hostsOf(vs).includes(fullNameOf(one.service)) || one.vs === vs)
}

/** Every route leads to a service that all ports have, so only objects about services of other ports stay away. */
function leadsHere(vs: VirtualServiceDocument, { services }: MeshDocument): boolean {
  return !hostsOf(vs).some(host => services.some(service => host === fullNameOf(service) || isPatternOf(host, fullNameOf(service))))
}

/** Objects that the caller sees: its namespace's own private ones, those that name it, those for all; each part oldest first. */
function inOrderOfExport({ virtualServices }: MeshDocument): readonly VirtualServiceDocument[] {
  const rank = ({ metadata, spec }: VirtualServiceDocument): number => {
    const exportTo = spec.exportTo ?? ['*']
    if (exportTo.includes('*')) return 2
    if (exportTo.includes('.')) return metadata.namespace === CALLER.namespace ? 0 : 3
    if (!exportTo.includes(CALLER.namespace)) return 3
    return metadata.namespace === CALLER.namespace ? 0 : 1
  }
  return virtualServices.filter(vs => rank(vs) < 3 && vs.spec.hosts !== undefined).toSorted((a, b) => rank(a) - rank(b))
}

function hostsOf({ metadata, spec }: VirtualServiceDocument): readonly string[] {
  return (spec.hosts ?? []).map(host => (host.includes('.') ? host : `${host}.${metadata.namespace}.svc.cluster.local`))
}

function fullNameOf({ name, namespace }: ServiceFacts): string {
  return `${name}.${namespace}.svc.cluster.local`
}

function namesOf(service: ServiceFacts): readonly string[] {
  const { name, namespace, ip } = service
  const base = `${name}.${namespace}`
  return [fullNameOf(service), base, `${base}.svc`, `${base}.svc.cluster`, ip, ...(namespace === CALLER.namespace ? [name] : [])]
}

/** A route with its conditions: all of `when` must hold, each by any of its blocks. */
interface Conditional {
  readonly name: string
  readonly when: readonly (readonly MatchDocument[])[]
}

/** The object's routes; a delegated one stands once for each route of the part, under both their conditions. */
function routesOf({ metadata, spec }: VirtualServiceDocument, { virtualServices }: MeshDocument): readonly Conditional[] {
  return spec.http.flatMap(route => {
    if (route.delegate === undefined) return [{ name: route.name, when: conditions(route) }]
    const part = virtualServices.find(
      other => other.metadata.name === route.delegate?.name && other.metadata.namespace === metadata.namespace,
    )
    return (part?.spec.http ?? []).map(own => ({ name: `${route.name}-${own.name}`, when: [...conditions(route), ...conditions(own)] }))
  })
}

function conditions({ match }: RouteDocument): readonly (readonly MatchDocument[])[] {
  return match === undefined ? [] : [match]
}

function decide(vs: VirtualServiceDocument, mesh: MeshDocument, request: RequestDocument): Verdict {
  const found = routesOf(vs, mesh).find(({ when }) =>
    when.every(blocks => blocks.some(block => suits(block, request) && holds(block, request))),
  )
  return found?.name ?? 'none'
}

function mayApply({ when }: Conditional, request: RequestDocument): boolean {
  return when.every(blocks => blocks.some(block => suits(block, request)))
}

/** What is known of the caller before the request. */
function suits(block: MatchDocument, request: RequestDocument): boolean {
  if ((block.port ?? 0) !== 0 && block.port !== request.port) return false
  if ((block.sourceNamespace ?? '') !== '' && block.sourceNamespace !== CALLER.namespace) return false
  if (block.gateways !== undefined && !block.gateways.includes('mesh')) return false
  return Object.entries(block.sourceLabels ?? {}).every(([key, value]) => CALLER.labels[key] === value)
}

function holds(block: MatchDocument, request: RequestDocument): boolean {
  const [path = '', query = ''] = request.path.split('?')
  return (
    holdsForPath(block, path) &&
    holdsFor(block.method, request.method) &&
    holdsFor(block.authority, request.authority) &&
    holdsFor(block.scheme, 'http') &&
    allOf(block.headers, name => request.headers[name]) &&
    allOf(block.queryParams, name => parameter(query, name)) &&
    Object.entries(block.withoutHeaders ?? {}).every(([name, match]) => !excluded(match, request.headers[name]))
  )
}

/** A header that is missing is excluded by nothing but a condition that an empty text fulfils. */
function excluded(match: TextMatch, value: string | undefined): boolean {
  const anyWillDo = match.exact === undefined && (match.prefix ?? '') === '' && match.regex === undefined
  return anyWillDo ? value !== undefined : holdsFor(match, value ?? '')
}

function allOf(matches: TextMatches | undefined, valueOf: (name: string) => string | undefined): boolean {
  return Object.entries(matches ?? {}).every(([name, match]) => {
    const value = valueOf(name)
    return value !== undefined && holdsFor(match, value)
  })
}

/** The first value of a parameter; one without `=` has an empty value. */
function parameter(query: string, name: string): string | undefined {
  const found = query.split('&').find(pair => pair === name || pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

function holdsForPath({ uri, ignoreUriCase }: MatchDocument, path: string): boolean {
  if (uri === undefined || ignoreUriCase !== true || uri.regex !== undefined) return holdsFor(uri, path)
  const lower = Object.fromEntries(Object.entries(uri).map(([kind, text]) => [kind, String(text).toLowerCase()]))
  return holdsFor(lower, path.toLowerCase())
}

function holdsFor(match: TextMatch | undefined, value: string): boolean {
  if (match?.exact !== undefined) return value === match.exact
  if (match?.prefix !== undefined) return value.startsWith(match.prefix)
  if (match?.regex === undefined) return true
  const ignoresCase = match.regex.startsWith('(?i)')
  return new RegExp(`^(?:${match.regex.replace('(?i)', '')})$`, ignoresCase ? 'i' : '').test(value)
}
