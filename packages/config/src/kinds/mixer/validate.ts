import { violation, type Violation } from '@meshwork/core/result'
import type { MixerHandler, MixerInstance, MixerRule } from './type.ts'

export function validateRule(spec: MixerRule): readonly Violation[] {
  return spec.actions.flatMap((action, i) => {
    const path = `spec.actions[${i}]`
    const violations: Violation[] = []
    if (action.handler === '') violations.push(violation(`${path}.handler`, 'missing-field', 'is required'))
    if (action.instances.length === 0) violations.push(violation(`${path}.instances`, 'empty', 'an action must have at least one instance'))
    return violations
  })
}

export function validateHandler(spec: MixerHandler): readonly Violation[] {
  if ((spec.adapter ?? '') !== '' || (spec.compiledAdapter ?? '') !== '') return []
  return [violation('spec', 'no-adapter', 'one of adapter and compiledAdapter is required')]
}

export function validateInstance(spec: MixerInstance): readonly Violation[] {
  if ((spec.template ?? '') !== '' || (spec.compiledTemplate ?? '') !== '') return []
  return [violation('spec', 'no-template', 'one of template and compiledTemplate is required')]
}
