import type { ObjectOf } from '../../kinds/index.ts'
import { protocolOfPort, selects } from '../../registry/index.ts'
import type { AnalysisContext } from '../context.ts'
import type { Draft, Rule } from '../finding.ts'
import type { AnalysedWorkload } from '../workloads.ts'

interface Claim {
  readonly service: ObjectOf<'Service'>
  readonly port: ObjectOf<'Service'>['spec']['ports'][number]
}

/** The pod has one listener per port, so the services must agree on what is spoken there. */
export const severalServices: Rule = {
  code: 'IST0116',
  name: 'DeploymentAssociatedToMultipleServices',
  severity: 'warning',
  summary: 'pods behind several Services that name different protocols for one port',
  check: context =>
    eachRivalry(context, (a, b) => {
      if (a.port.targetPort !== b.port.targetPort || protocolOf(a) === protocolOf(b)) return undefined
      return {
        message: `its port ${a.port.targetPort} is ${protocolOf(a)} for the Service ${a.service.meta.name} and ${protocolOf(b)} for ${b.service.meta.name}`,
        remedy: 'give the port the same protocol in both Services (port name or appProtocol)',
      }
    }),
}

/** A port of the service leads to one of the container; two ways to it with one name confuse the listener. */
export const conflictingPorts: Rule = {
  code: 'IST0137',
  name: 'DeploymentConflictingPorts',
  severity: 'warning',
  summary: 'pods behind Services that give one port to different target ports',
  check: context =>
    eachRivalry(context, (a, b) => {
      if (a.port.port !== b.port.port || a.port.targetPort === b.port.targetPort) return undefined
      return {
        message: `port ${a.port.port} leads to target port ${a.port.targetPort} in the Service ${a.service.meta.name} and to ${b.port.targetPort} in ${b.service.meta.name}`,
        remedy: 'use the same targetPort in both Services, or different ports',
      }
    }),
}

type Rivalry = (a: Claim, b: Claim) => Pick<Draft, 'message' | 'remedy'> | undefined

/** Each workload template with each pair of services that select its pods. */
function eachRivalry(context: AnalysisContext, judge: Rivalry): readonly Draft[] {
  return context.workloads
    .filter(({ template }) => template !== '')
    .flatMap(workload => {
      const claims = claimsOn(workload, context)
      const found = claims.flatMap((a, i) =>
        claims
          .slice(i + 1)
          .filter(b => b.service !== a.service)
          .flatMap(b => judge(a, b) ?? []),
      )
      return found.map(each => ({ object: workload.document, path: 'metadata.name', ...each }))
    })
}

function claimsOn({ namespace, labels }: AnalysedWorkload, context: AnalysisContext): readonly Claim[] {
  return context
    .of('Service')
    .filter(({ meta, spec }) => meta.namespace === namespace && selects(spec.selector, labels))
    .flatMap(service => service.spec.ports.map(port => ({ service, port })))
}

function protocolOf({ port }: Claim): string {
  const { name, port: number, protocol, appProtocol } = port
  return protocolOfPort({ name, number, transport: protocol, ...(appProtocol !== undefined && { appProtocol }) })
}
