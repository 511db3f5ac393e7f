import type { ObjectOf, PortSettings } from '../../kinds/index.ts'
import { selects, serviceKey } from '../../registry/index.ts'
import type { AnalysisContext } from '../context.ts'
import type { Draft, Rule } from '../finding.ts'

export const unknownDestinationHost: Rule = {
  code: 'IST0174',
  name: 'UnknownDestinationRuleHost',
  severity: 'warning',
  check: context =>
    context.of('DestinationRule').flatMap(rule => {
      const { host } = rule.spec
      if (host.startsWith('*') || context.service(host, rule) !== undefined) return []
      const message = `there is no host '${context.fullHost(host, rule)}'`
      return [{ object: rule, path: 'spec.host', message, remedy: 'create the Service or a ServiceEntry, or correct the name' }]
    }),
}

/** Requests for such a subset fail with 503: there is no endpoint. Only said where the pods of the service are known. */
export const emptySubset: Rule = {
  code: 'IST0173',
  name: 'DestinationRuleSubsetNotSelectPods',
  severity: 'error',
  check: context => context.of('DestinationRule').flatMap(rule => emptySubsets(rule, context)),
}

function emptySubsets(rule: ObjectOf<'DestinationRule'>, context: AnalysisContext): readonly Draft[] {
  const service = context.service(rule.spec.host, rule)
  const endpoints = service === undefined ? [] : (context.registry.endpoints.get(serviceKey(service)) ?? [])
  if (endpoints.length === 0) return []
  return rule.spec.subsets.flatMap(({ name, labels }, i) => {
    if (Object.keys(labels).length === 0 || endpoints.some(endpoint => selects(labels, endpoint.labels))) return []
    const message = `no endpoint of '${rule.spec.host}' has the labels of the subset '${name}'`
    return [{ object: rule, path: `spec.subsets[${i}].labels`, message, remedy: 'correct the labels, or label the pods' }]
  })
}

/** TLS without a trusted root protects against nobody who sits between. */
export const tlsWithoutRoot: Rule = {
  code: 'IST0128',
  name: 'NoServerCertificateVerificationDestinationLevel',
  severity: 'warning',
  check: context =>
    context
      .of('DestinationRule')
      .flatMap(rule => (trustsAnybody(rule.spec.trafficPolicy) ? [unverified(rule, 'spec.trafficPolicy.tls')] : [])),
}

export const tlsWithoutRootOnPort: Rule = {
  code: 'IST0129',
  name: 'NoServerCertificateVerificationPortLevel',
  severity: 'warning',
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
