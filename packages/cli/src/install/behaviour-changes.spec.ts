import { expect, test } from 'vitest'
import type { AppliedObject } from './apply-step.ts'
import { behaviourChanges } from './behaviour-changes.ts'
import type { FieldChange } from './object-diff.ts'

function changed(kind: string, name: string, ...fields: readonly FieldChange[]): AppliedObject {
  return { key: { apiVersion: 'v1', kind, namespace: '', name }, change: fields.length === 0 ? 'unchanged' : 'changed', fields }
}

test('settings are compared as what they mean, not as text', () => {
  const before = 'accessLogFile: ""\nenableTracing: true\n'
  const same = changed('ConfigMap', 'istio', { path: 'data.mesh', before, after: '# new\nenableTracing: true\naccessLogFile: ""\n' })
  expect(behaviourChanges([same], [])).toEqual([])
  const other = changed('ConfigMap', 'istio', { path: 'data.mesh', before, after: 'accessLogFile: /dev/stdout\nenableTracing: true\n' })
  expect(behaviourChanges([other], [])).toMatchObject([{ code: 'MU0101', details: ['~ accessLogFile: "" -> "/dev/stdout"'] }])
})

test('images are told one by one, the rest of a workload as a count, bookkeeping not at all', () => {
  const image = { path: 'spec.template.spec.containers[discovery].image', before: 'pilot:1', after: 'pilot:2' }
  const args = { path: 'spec.template.spec.containers[discovery].args[3]', before: '--a', after: '--b' }
  const label = { path: 'metadata.labels["app.kubernetes.io/version"]', before: '1', after: '2' }
  expect(behaviourChanges([changed('Deployment', 'istiod', image, args, label)], [])).toMatchObject([
    { code: 'MU0106', details: [`Deployment istiod: ~ ${image.path}: "pilot:1" -> "pilot:2"`, 'Deployment istiod: 1 other fields'] },
  ])
  expect(behaviourChanges([changed('ClusterRole', 'istiod', label), changed('Service', 'istiod', label)], [])).toEqual([])
})

test('long lists are cut, and what goes is told', () => {
  const fields = Array.from({ length: 60 }, (_, i) => ({ path: `rules[${i}]`, before: 1, after: 2 }))
  const [rights, removed] = behaviourChanges([changed('ClusterRole', 'istiod', ...fields)], [changed('Service', 'old').key])
  expect([rights?.code, rights?.details.length, rights?.details.at(-1)]).toEqual(['MU0104', 41, 'and 20 more'])
  expect(removed).toMatchObject({ code: 'MU0108', details: ['Service old'] })
})
