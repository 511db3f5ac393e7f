import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkLabels } from '../rules/naming.ts'
import { checkPort } from '../rules/network.ts'
import { validateWorkload } from '../workload-entry/validate.ts'
import type { HttpProbe, ReadinessProbe, WorkloadGroupSpec } from './type.ts'

const NUMBERS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const

export function validateWorkloadGroup(spec: WorkloadGroupSpec): readonly Violation[] {
  return [
    ...checkLabels('spec.metadata.labels', spec.metadata.labels),
    ...validateWorkload('spec.template', spec.template),
    ...(spec.probe === undefined ? [] : validateProbe('spec.probe', spec.probe)),
  ]
}

function validateProbe(path: string, probe: ReadinessProbe): readonly Violation[] {
  const negative = NUMBERS.filter(name => (probe[name] ?? 0) < 0).map(name =>
    violation(`${path}.${name}`, 'negative', 'must not be negative'),
  )
  const { httpGet, tcpSocket, exec, grpc } = probe
  return [
    ...negative,
    ...(httpGet === undefined ? [] : validateHttp(`${path}.httpGet`, httpGet)),
    ...(tcpSocket === undefined ? [] : checkPort(`${path}.tcpSocket.port`, tcpSocket.port)),
    ...(grpc === undefined ? [] : checkPort(`${path}.grpc.port`, grpc.port)),
    ...(exec?.command.length === 0 ? [violation(`${path}.exec.command`, 'empty', 'must have at least one word')] : []),
  ]
}

function validateHttp(path: string, { port, scheme, httpHeaders }: HttpProbe): readonly Violation[] {
  const known = scheme === undefined || ['', 'HTTP', 'HTTPS'].includes(scheme)
  return [
    ...checkPort(`${path}.port`, port),
    ...(known ? [] : [violation(`${path}.scheme`, 'bad-scheme', `'${scheme}' is neither HTTP nor HTTPS`)]),
    ...httpHeaders.flatMap(({ name }, i) =>
      name === '' ? [violation(`${joinPath(`${path}.httpHeaders`, i)}.name`, 'missing-field', 'is required')] : [],
    ),
  ]
}
