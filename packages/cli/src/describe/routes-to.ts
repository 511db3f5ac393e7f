import type { HttpRoute, ObjectOf } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import { selects } from '@meshwork/config/registry'
import { buildRouteMatch } from '@meshwork/pilot/translate'
import { messageSummary } from '../mesh-api/match-summary.ts'
import type { MeshModel } from '../trace/mesh-model.ts'
import type { Cite } from '../trace/step.ts'
import { type Fact, fact, type Section, warning } from './section.ts'

type Labels = Readonly<Record<string, string>>

/** The DestinationRules of a service, with the subsets that a pod belongs to. */
export function destinationRuleFacts(service: Service, pod: Labels | undefined, { snapshot }: MeshModel, cite: Cite): readonly Fact[] {
  return snapshot.destinationRules
    .filter(({ spec }) => hostFits(spec.host, service.hostname))
    .map(rule => {
      const { subsets, trafficPolicy } = rule.spec
      const [mine, others] = [subsets.filter(({ labels }) => isIn(labels, pod)), subsets.filter(({ labels }) => !isIn(labels, pod))]
      const details = [
        ...(pod === undefined || mine.length === 0 ? [] : [`subsets that this pod is in: ${namesOf(mine)}`]),
        ...(pod === undefined
          ? subsets.length === 0
            ? []
            : [`subsets: ${namesOf(subsets)}`]
          : others.length === 0
            ? []
            : [`subsets that it is not in: ${namesOf(others)}`]),
        ...(trafficPolicy?.tls === undefined ? [] : [`clients use TLS mode ${trafficPolicy.tls.mode}`]),
        ...(trafficPolicy?.loadBalancer?.simple === undefined ? [] : [`load balancing ${trafficPolicy.loadBalancer.simple}`]),
        ...(trafficPolicy?.connectionPool === undefined ? [] : ['limits of the connection pool']),
        ...(trafficPolicy?.outlierDetection === undefined ? [] : ['outlier detection']),
      ]
      return fact(`${rule.meta.name} for ${service.hostname}`, cite(rule, 'spec.host'), details)
    })
}

/** The VirtualServices that lead to a service, and which of their routes reach the pod. */
export function virtualServiceFacts(service: Service, pod: Labels | undefined, model: MeshModel, cite: Cite): readonly Fact[] {
  return model.snapshot.virtualServices.flatMap(object => {
    const routes = object.spec.http.flatMap((route, i) => routeFacts(object, route, i, service, pod, model, cite))
    if (routes.length === 0) return []
    const gateways = object.spec.gateways.map(name => (name === 'mesh' ? 'all sidecars' : `the gateway ${name}`))
    return [
      fact(`${object.meta.name} for ${object.spec.hosts.join(', ')}, at ${gateways.join(' and ')}`, cite(object, 'spec.hosts')),
      ...routes,
    ]
  })
}

function routeFacts(
  object: ObjectOf<'VirtualService'>,
  { route, match, fault }: HttpRoute,
  index: number,
  service: Service,
  pod: Labels | undefined,
  model: MeshModel,
  cite: Cite,
): readonly Fact[] {
  const total = route.reduce((sum, { weight }) => sum + (weight ?? 0), 0)
  const here = route.filter(({ destination }) => fullHost(destination.host, object, model) === service.hostname)
  if (here.length === 0) return []
  const reaching = here.filter(({ destination }) => pod === undefined || reaches(destination.subset, service, pod, model))
  const share =
    route.length === 1 ? 100 : Math.round((reaching.reduce((sum, { weight }) => sum + (weight ?? 0), 0) / Math.max(total, 1)) * 100)
  const conditions = match.length === 0 ? 'every request' : match.map(each => messageSummary(buildRouteMatch(each))).join(' or ')
  const target = pod === undefined ? service.hostname : 'the subset of this pod'
  const text = reaching.length === 0 ? `${conditions}: 0 % reach this pod` : `${conditions}: ${share} % to ${target}`
  return [fact(`  ${text}`, cite(object, `spec.http[${index}]`), fault === undefined ? [] : ['with injected faults'])]
}

function reaches(subset: string | undefined, service: Service, pod: Labels, { snapshot }: MeshModel): boolean {
  if (subset === undefined || subset === '') return true
  const found = snapshot.destinationRules
    .filter(({ spec }) => hostFits(spec.host, service.hostname))
    .flatMap(({ spec }) => spec.subsets)
    .find(({ name }) => name === subset)
  return found !== undefined && isIn(found.labels, pod)
}

/** Policies and modes of a workload. */
export function policySection(policies: readonly ObjectOf<'AuthorizationPolicy'>[], cite: Cite): Section {
  if (policies.length === 0) return { title: 'Policies', facts: [fact('none: everything that gets through mutual TLS is allowed')] }
  return {
    title: 'Policies',
    facts: policies.map(policy => {
      const { rules, action } = policy.spec
      const at = cite(policy, rules.length === 0 ? 'spec' : 'spec.rules')
      return rules.length === 0 && action === 'ALLOW'
        ? warning(`${policy.meta.name} allows nothing (it has no rules)`, at)
        : fact(`${policy.meta.name} ${action}, ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}`, at)
    }),
  }
}

function isIn(labels: Labels, pod: Labels | undefined): boolean {
  return pod !== undefined && (Object.keys(labels).length === 0 || selects(labels, pod))
}

function namesOf(subsets: readonly { readonly name: string }[]): string {
  return subsets.map(({ name }) => name).join(', ')
}

function hostFits(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith('*') && host.endsWith(pattern.slice(1)))
}

function fullHost(host: string, { meta }: ObjectOf<'VirtualService'>, { snapshot }: MeshModel): string {
  return host.includes('.') ? host : `${host}.${meta.namespace}.svc.${snapshot.clusterDomain}`
}
