import type { MutualTlsMode, ObjectOf } from '../../kinds/index.ts'
import { selects, type Service } from '../../registry/index.ts'
import type { AnalysisContext } from '../context.ts'
import type { Rule } from '../finding.ts'

/** What clients are told to send must be what servers take. */
export const mutualTlsConflict: Rule = {
  code: 'IST0113',
  name: 'MTLSPolicyConflict',
  severity: 'error',
  summary: 'a DestinationRule that sends what the PeerAuthentication of the host does not take',
  check: context =>
    context.of('DestinationRule').flatMap(rule => {
      const sent = rule.spec.trafficPolicy?.tls?.mode
      const service = context.service(rule.spec.host, rule)
      if (sent === undefined || service === undefined || service.external || service.registry !== 'kubernetes') return []
      const taken = modeOf(service, context)
      if (taken === undefined) return []
      const isRefused =
        (taken.mode === 'STRICT' && sent !== 'ISTIO_MUTUAL' && sent !== 'MUTUAL') || (taken.mode === 'DISABLE' && sent === 'ISTIO_MUTUAL')
      if (!isRefused) return []
      const { namespace, name } = taken.policy.meta
      const message = `clients send TLS mode ${sent} to ${service.hostname}, whose PeerAuthentication ${namespace}/${name} has mode ${taken.mode}: connections fail`
      const remedy =
        taken.mode === 'STRICT'
          ? 'use tls.mode ISTIO_MUTUAL, or leave tls out: it is automatic'
          : 'use tls.mode DISABLE, or leave tls out: it is automatic'
      return [{ object: rule, path: 'spec.trafficPolicy.tls.mode', message, remedy }]
    }),
}

interface Taken {
  readonly mode: MutualTlsMode
  readonly policy: ObjectOf<'PeerAuthentication'>
}

/** The mode for the pods of a service: of their own policy, else of the namespace, else of the mesh. Policies by port are left out. */
function modeOf(service: Service, context: AnalysisContext): Taken | undefined {
  const all = context
    .of('PeerAuthentication')
    .filter(({ spec }) => spec.mtls.mode !== 'UNSET' && Object.keys(spec.portLevelMtls).length === 0)
  const here = all.filter(({ meta }) => meta.namespace === service.namespace)
  const policy =
    here.find(({ spec }) => selects(spec.selector?.matchLabels ?? {}, service.selector)) ??
    here.find(({ spec }) => spec.selector === undefined) ??
    all.find(({ meta, spec }) => meta.namespace === context.rootNamespace && spec.selector === undefined)
  return policy === undefined ? undefined : { mode: policy.spec.mtls.mode, policy }
}
