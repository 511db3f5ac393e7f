import { describe, expect, test } from 'vitest'
import { decideInjection, type InjectionPolicy } from './decide-injection.ts'

const KEY = 'sidecar.istio.io/inject'
const NONE: InjectionPolicy = { policy: 'enabled', neverInjectSelector: [], alwaysInjectSelector: [] }
const decide = (pod: object, policy: Partial<InjectionPolicy> = {}, namespace = 'shop') =>
  decideInjection({ ...pod }, namespace, { ...NONE, ...policy })
const annotated = (value: string) => ({ metadata: { annotations: { [KEY]: value } } })
const labelled = (value: string, annotation?: string) => ({
  metadata: { labels: { [KEY]: value }, ...(annotation !== undefined && { annotations: { [KEY]: annotation } }) },
})

describe("the table of Istio 1.0's webhook", () => {
  test.each([
    ['enabled', {}, true],
    ['disabled', {}, false],
    ['enabled', annotated('true'), true],
    ['disabled', annotated('true'), true],
    ['enabled', annotated('false'), false],
    ['disabled', annotated('false'), false],
    ['enabled', annotated(''), true],
    ['disabled', annotated(''), false],
    ['wrong', annotated('true'), false],
  ])('policy %s, pod %j: %s', (policy, pod, inject) => {
    expect(decide(pod, { policy }).inject).toBe(inject)
  })

  test.each(['y', 'Yes', 'TRUE', 'on'])('%s means yes', value => {
    expect(decide(annotated(value), { policy: 'disabled' }).inject).toBe(true)
  })

  test.each(['nope', '1', 'maybe', 'off'])('%s means no', value => {
    expect(decide(annotated(value)).inject).toBe(false)
  })
})

describe("today's", () => {
  test('the label wins over the annotation', () => {
    expect(decide(labelled('true', 'false'), { policy: 'disabled' })).toEqual({ inject: true, reason: `label ${KEY} is 'true'` })
    expect(decide(labelled('false', 'true'))).toEqual({ inject: false, reason: `label ${KEY} is 'false'` })
  })

  test('selectors decide for pods that say nothing; never wins over always', () => {
    const jobs = { matchLabels: { job: 'yes' } }
    const tiers = { matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }] }
    const pod = (labels: object) => ({ metadata: { labels } })
    const selectors = { neverInjectSelector: [{}, jobs], alwaysInjectSelector: [tiers] }
    expect(decide(pod({ job: 'yes' }), selectors)).toEqual({
      inject: false,
      reason: 'neverInjectSelector of the injector selects it (job=yes)',
    })
    expect(decide(pod({ tier: 'a' }), { ...selectors, policy: 'disabled' })).toEqual({
      inject: true,
      reason: 'alwaysInjectSelector of the injector selects it (tier In (a, b))',
    })
    expect(decide(pod({ tier: 'a', job: 'yes' }), selectors).inject).toBe(false)
    expect(decide(pod({ job: 'yes', [KEY]: 'true' }), selectors).inject).toBe(true)
  })

  test('hostNetwork and namespaces of the system never, whatever they say', () => {
    expect(decide({ spec: { hostNetwork: true }, ...labelled('true') })).toMatchObject({
      inject: false,
      reason: expect.stringContaining('hostNetwork'),
    })
    for (const namespace of ['kube-system', 'kube-public', 'kube-node-lease']) {
      expect(decide(labelled('true'), {}, namespace)).toMatchObject({ inject: false, reason: expect.stringContaining(namespace) })
    }
  })

  test('an unusable policy is named', () => {
    expect(decide(labelled('true'), { policy: '' }).reason).toBe("the policy of the injector is '', not enabled or disabled")
  })
})
