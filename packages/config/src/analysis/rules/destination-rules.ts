import type { Labels, ObjectOf, PortSettings } from '../../kinds/index.ts'
import { selects, serviceKey, type Service } from '../../registry/index.ts'
import type { AnalysisContext } from '../context.ts'
import type { Draft, Rule } from '../finding.ts'

export const unknownDestinationHost: Rule = {
  code: 'IST0174',
  name: 'UnknownDestinationRuleHost',
  severity: 'warning',
  summary: 'a DestinationRule for a host that does not exist',
  check: context =>
    context.of('DestinationRule').flatMap(rule => {
      const { host } = rule.spec
      if (host.startsWith('*') || context.service(host, rule) !== undefined) return []
      const message = `there is no host '${context.fullHost(host, rule)}'`
      return [{ object: rule, path: 'spec.host', message, remedy: 'create the Service or a ServiceEntry, or correct the name' }]
    }),
}

/** Requests for such a subset fail with 503: there is no endpoint. Only said where the pods of the service, or what makes them, are known. */
export const emptySubset: Rule = {
  code: 'IST0173',
  name: 'DestinationRuleSubsetNotSelectPods',
  severity: 'error',
  summary: 'a subset that selects no pod: requests fail with 503',
  check: context => context.of('DestinationRule').flatMap(rule => emptySubsets(rule, context)),
}

function emptySubsets(rule: ObjectOf<'DestinationRule'>, context: AnalysisContext): readonly Draft[] {
  const labels = labelsBehind(context.service(rule.spec.host, rule), context)
  if (labels.length === 0) return []
  return rule.spec.subsets.flatMap((subset, i) => {
    if (Object.keys(subset.labels).length === 0 || labels.some(each => selects(subset.labels, each))) return []
    const message = `no pod of '${rule.spec.host}' has the labels of the subset '${subset.name}'`
    return [{ object: rule, path: `spec.subsets[${i}].labels`, message, remedy: remedyForLabels(subset.labels, labels) }]
  })
}

/** With the values that there are. */
function remedyForLabels(wanted: Labels, pods: readonly Labels[]): string {
  const known = Object.keys(wanted).flatMap(key => [
    ...new Set(pods.flatMap(pod => (pod[key] === undefined ? [] : [`${key}=${pod[key]}`]))),
  ])
  return `correct the labels, or start pods that have them${known.length === 0 ? '' : ` (the pods have ${known.join(', ')})`}`
}

/** The labels of everything that may answer for a service. */
function labelsBehind(service: Service | undefined, context: AnalysisContext): readonly Labels[] {
  if (service === undefined) return []
  const endpoints = context.registry.endpoints.get(serviceKey(service)) ?? []
  const made = context.workloads.filter(each => each.namespace === service.namespace && selects(service.selector, each.labels))
  return [...endpoints.map(each => each.labels), ...made.map(each => each.labels)]
}

/** TLS without a trusted root protects against nobody who sits between. */
export const tlsWithoutRoot: Rule = {
  code: 'IST0128',
  name: 'NoServerCertificateVerificationDestinationLevel',
  severity: 'warning',
  summary: 'TLS to a host whose certificate nobody checks',
  check: context =>
    context
      .of('DestinationRule')
      .flatMap(rule => (trustsAnybody(rule.spec.trafficPolicy) ? [unverified(rule, 'spec.trafficPolicy.tls')] : [])),
}

export const tlsWithoutRootOnPort: Rule = {
  code: 'IST0129',
  name: 'NoServerCertificateVerificationPortLevel',
  severity: 'warning',
  summary: 'TLS to a port whose certificate nobody checks',
  check: context =>
    context
      .of('DestinationRule')
      .flatMap(rule =>
        (rule.spec.trafficPolicy?.portLevelSettings ?? []).flatMap((settings, i) =>
          trustsAnybody(settings) ? [unverified(rule, `spec.trafficPolicy.portLevelSettings[${i}].tls`)] : [],
        ),
      ),
}

function trustsAnybody(settings: PortSettings | undefined): boolean {
  const tls = settings?.tls
  if (tls === undefined || (tls.mode !== 'SIMPLE' && tls.mode !== 'MUTUAL')) return false
  return (tls.caCertificates ?? '') === '' && (tls.credentialName ?? '') === ''
}

function unverified(object: ObjectOf<'DestinationRule'>, path: string): Draft {
  return {
    object,
    path,
    message: "the server's certificate is not checked against a root of its own",
    remedy: "set caCertificates, 'system' for the machine's roots",
  }
}
