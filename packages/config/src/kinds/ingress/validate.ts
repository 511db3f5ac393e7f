import { violation, type Violation } from '@meshwork/core/result'
import { checkWildcardDomain } from '../rules/hostname.ts'
import { NO_PORT } from './defaults.ts'
import type { IngressBackend, IngressPath, IngressSpec } from './type.ts'

export function validateIngress(spec: IngressSpec): readonly Violation[] {
  return [
    ...(spec.defaultBackend === undefined ? [] : validateBackend('spec.defaultBackend', spec.defaultBackend)),
    ...spec.rules.flatMap(({ host, paths }, i) => [
      ...(host === '' ? [] : checkWildcardDomain(`spec.rules[${i}].host`, host)),
      ...paths.flatMap((path, j) => validatePath(`spec.rules[${i}].http.paths[${j}]`, path)),
    ]),
  ]
}

function validatePath(place: string, { path, pathType, backend }: IngressPath): readonly Violation[] {
  const violations = backend === undefined ? [] : [...validateBackend(`${place}.backend`, backend)]
  if (pathType !== 'ImplementationSpecific' && !path.startsWith('/'))
    violations.push(violation(`${place}.path`, 'bad-path', `must begin with '/' where pathType is ${pathType}`))
  return violations
}

function validateBackend(place: string, { service, port }: IngressBackend): readonly Violation[] {
  if (service === '') return [violation(`${place}.service.name`, 'missing-field', 'is required: other backends are not supported')]
  return port === NO_PORT || port === '' ? [violation(`${place}.service.port`, 'missing-field', 'is required')] : []
}
