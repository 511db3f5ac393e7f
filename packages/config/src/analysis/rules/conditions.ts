import { at, entries, textOf } from '../document.ts'
import type { Rule } from '../finding.ts'

/** Conditions that are good when they are true. */
const GOOD: ReadonlySet<string> = new Set([
  'Accepted',
  'Programmed',
  'Reconciled',
  'ResolvedRefs',
  'Ready',
  'PassedValidation',
  'PassedAnalysis',
])
/** A pod that is not ready is no matter of configuration. */
const OTHERS: ReadonlySet<string> = new Set([
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'Node',
  'CustomResourceDefinition',
])

export const negativeCondition: Rule = {
  code: 'IST0171',
  name: 'NegativeConditionStatus',
  severity: 'warning',
  summary: 'the status of an object says that it was not accepted or not programmed',
  check: context =>
    context.documents
      .filter(({ kind }) => !OTHERS.has(kind))
      .flatMap(object =>
        entries(at(object.body, 'status', 'conditions')).flatMap((condition, i) => {
          const type = textOf(at(condition, 'type'))
          if (!GOOD.has(type) || textOf(at(condition, 'status')).toLowerCase() !== 'false') return []
          const [reason, message] = [textOf(at(condition, 'reason')), textOf(at(condition, 'message'))]
          const words = [reason, message].filter(text => text !== '').join(': ')
          return [
            {
              object,
              path: `status.conditions[${i}]`,
              message: `${type} is False${words === '' ? '' : ` (${words})`}`,
              remedy: 'correct what the message names; the condition follows by itself',
            },
          ]
        }),
      ),
}
