import { fieldsOf, itemsOf, textOf, textsOf } from './json.ts'

/**
 * Kubernetes' LabelSelector as JSON: all of `matchLabels` and of `matchExpressions` must hold; an empty one selects everything. An
 * operator that nobody knows selects nothing.
 */
export function selectsLabels(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  return (
    Object.entries(textsOf(matchLabels)).every(([key, value]) => labels[key] === value) &&
    itemsOf(matchExpressions).every(({ key, operator, values }) => holds(labels[textOf(key)], textOf(operator), values))
  )
}

/** An empty selector among those of the injector is nobody's wish; Istio passes it over too. */
export function isEmptySelector(selector: unknown): boolean {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  return Object.keys(fieldsOf(matchLabels)).length === 0 && itemsOf(matchExpressions).length === 0
}

/** As one would write it: `team=a, tier in (x, y)`. */
export function selectorText(selector: unknown): string {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  const equal = Object.entries(textsOf(matchLabels)).map(([key, value]) => `${key}=${value}`)
  const expressions = itemsOf(matchExpressions).map(({ key, operator, values }) => {
    const list = Array.isArray(values) ? ` (${values.join(', ')})` : ''
    return `${textOf(key)} ${textOf(operator)}${list}`
  })
  return [...equal, ...expressions].join(', ')
}

/** Why a selector does not select: `namespace shop has no label istio-injection (wanted: enabled)`; undefined: it does. */
export function explainSelector(selector: unknown, labels: Readonly<Record<string, string>>, subject: string): string | undefined {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  const equal = Object.entries(textsOf(matchLabels)).map(([key, value]) => ({ key, operator: 'In', values: [value] }))
  for (const expression of [...equal, ...itemsOf(matchExpressions)]) {
    const [key, operator, values] = [textOf(expression['key']), textOf(expression['operator']), expression['values']]
    const found = labels[key]
    if (!holds(found, operator, values))
      return `${subject} has ${found === undefined ? 'no label' : 'label'} ${key}${wanted(found, operator, values)}`
  }
  return undefined
}

function wanted(found: string | undefined, operator: string, values: unknown): string {
  const list = Array.isArray(values) ? values.join(', ') : ''
  const has = found === undefined ? '' : `=${found}`
  if (operator === 'In') return `${has} (wanted: ${list})`
  if (operator === 'NotIn') return `${has} (wanted: anything else)`
  return operator === 'Exists' ? '' : `${has} (wanted: none)`
}

function holds(value: string | undefined, operator: string, values: unknown): boolean {
  const among = value !== undefined && Array.isArray(values) && values.includes(value)
  if (operator === 'In') return among
  if (operator === 'NotIn') return !among
  if (operator === 'Exists') return value !== undefined
  return operator === 'DoesNotExist' && value === undefined
}
