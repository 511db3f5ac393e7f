import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { checkFqdn, isDnsLabel } from '../rules/hostname.ts'
import { checkLabels } from '../rules/naming.ts'
import type { HttpApiSpec, HttpApiSpecBinding, QuotaRule, QuotaSpec, QuotaSpecBinding, ServiceReference, SpecReference } from './type.ts'

const EMPTY = 'must have at least one entry'
const REQUIRED = 'must not be empty'

export function validateHttpApiSpec({ patterns, apiKeys }: HttpApiSpec): readonly Violation[] {
  return [
    ...(patterns.length === 0 ? [violation('spec.patterns', 'empty', EMPTY)] : []),
    ...patterns.flatMap(({ httpMethod, uriTemplate, regex }, i) => {
      const path = joinPath('spec.patterns', i)
      const methodless = httpMethod === '' ? [violation(`${path}.httpMethod`, 'required', REQUIRED)] : []
      if ((uriTemplate ?? regex ?? '') !== '') return methodless
      return [...methodless, violation(path, 'required', 'must have uriTemplate or regex')]
    }),
    ...apiKeys.flatMap(({ query, header, cookie }, i) =>
      (query ?? header ?? cookie ?? '') === ''
        ? [violation(joinPath('spec.apiKeys', i), 'required', 'must have the name of a query parameter, header or cookie')]
        : [],
    ),
  ]
}

export function validateHttpApiSpecBinding({ services, apiSpecs }: HttpApiSpecBinding): readonly Violation[] {
  return [...validateServices(services), ...validateSpecs('spec.apiSpecs', apiSpecs)]
}

export function validateQuotaSpec({ rules }: QuotaSpec): readonly Violation[] {
  if (rules.length === 0) return [violation('spec.rules', 'empty', EMPTY)]
  return rules.flatMap((rule, i) => validateRule(joinPath('spec.rules', i), rule))
}

function validateRule(path: string, { match, quotas }: QuotaRule): readonly Violation[] {
  const clauses = match.flatMap(({ clause }, i) =>
    Object.entries(clause)
      .filter(([, text]) => text.kind === 'present' || text.value === '')
      .map(([name]) => violation(joinPath(`${path}.match[${i}].clause`, name), 'required', REQUIRED)),
  )
  const charges = quotas.flatMap(({ quota, charge }, i) => [
    ...(quota === '' ? [violation(`${path}.quotas[${i}].quota`, 'required', REQUIRED)] : []),
    ...(charge > 0 ? [] : [violation(`${path}.quotas[${i}].charge`, 'out-of-range', 'must be above 0')]),
  ])
  return [...clauses, ...(quotas.length === 0 ? [violation(`${path}.quotas`, 'empty', EMPTY)] : []), ...charges]
}

export function validateQuotaSpecBinding({ services, quotaSpecs }: QuotaSpecBinding): readonly Violation[] {
  return [...validateServices(services), ...validateSpecs('spec.quotaSpecs', quotaSpecs)]
}

function validateServices(services: readonly ServiceReference[]): readonly Violation[] {
  if (services.length === 0) return [violation('spec.services', 'empty', EMPTY)]
  return services.flatMap((service, i) => validateService(joinPath('spec.services', i), service))
}

/** Either the one name `service`, or the parts (traffic.md 1.6). */
function validateService(path: string, { name, service, namespace, domain, labels }: ServiceReference): readonly Violation[] {
  const violations = [...checkLabels(`${path}.labels`, labels)]
  if ((name === '') === (service === '')) violations.push(violation(path, 'required', 'must have exactly one of name and service'))
  if (service !== '' && (namespace !== '' || domain !== ''))
    violations.push(violation(path, 'two-names', 'namespace and domain do not go with service'))
  if (name !== '' && !isDnsLabel(name)) violations.push(violation(`${path}.name`, 'bad-host', `'${name}' is not the name of a service`))
  if (namespace !== '' && !isDnsLabel(namespace))
    violations.push(violation(`${path}.namespace`, 'bad-namespace', `'${namespace}' is not the name of a namespace`))
  return domain === '' ? violations : [...violations, ...checkFqdn(`${path}.domain`, domain)]
}

function validateSpecs(path: string, specs: readonly SpecReference[]): readonly Violation[] {
  if (specs.length === 0) return [violation(path, 'empty', EMPTY)]
  return specs.flatMap(({ name, namespace }, i) => {
    const place = joinPath(path, i)
    const stray = namespace !== '' && !isDnsLabel(namespace)
    return [
      ...(name === '' ? [violation(`${place}.name`, 'required', REQUIRED)] : []),
      ...(stray ? [violation(`${place}.namespace`, 'bad-namespace', `'${namespace}' is not the name of a namespace`)] : []),
    ]
  })
}
