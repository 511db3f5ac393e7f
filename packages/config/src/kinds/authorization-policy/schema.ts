import { constrained, object, optional, orElse, type Shape } from '../shape/shape.ts'
import { ONE_TARGET, targetReferences, workloadSelector } from '../shape/policy-target.ts'
import { list, listField, oneOf, text } from '../shape/values.ts'
import { DEFAULT_ACTION } from './defaults.ts'
import type {
  AuthorizationAction,
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicySpec,
  AuthorizationRule,
  AuthorizationSource,
} from './type.ts'

const MOST_RULES = 512
const texts = listField(text)
const accounts = orElse(list(constrained(text, { maxLength: 320 }), { maxItems: 16 }), Object.freeze<string[]>([]))

const source = object<AuthorizationSource>({
  principals: texts,
  notPrincipals: texts,
  requestPrincipals: texts,
  notRequestPrincipals: texts,
  namespaces: texts,
  notNamespaces: texts,
  serviceAccounts: accounts,
  notServiceAccounts: accounts,
  trustDomains: texts,
  notTrustDomains: texts,
  ipBlocks: texts,
  notIpBlocks: texts,
  remoteIpBlocks: texts,
  notRemoteIpBlocks: texts,
})

const operation = object<AuthorizationOperation>({
  hosts: texts,
  notHosts: texts,
  ports: texts,
  notPorts: texts,
  methods: texts,
  notMethods: texts,
  paths: texts,
  notPaths: texts,
})

const rule = object<AuthorizationRule>({
  from: listField(object<AuthorizationRule['from'][number]>({ source: optional(source) })),
  to: listField(object<AuthorizationRule['to'][number]>({ operation: optional(operation) })),
  when: listField(object<AuthorizationCondition>({ key: orElse(text, ''), values: texts, notValues: texts })),
})

export const authorizationPolicyShape: Shape<AuthorizationPolicySpec> = constrained(
  object<AuthorizationPolicySpec>(
    {
      selector: optional(workloadSelector),
      targetRefs: targetReferences,
      action: orElse(oneOf<AuthorizationAction>('ALLOW', 'DENY', 'AUDIT', 'CUSTOM'), DEFAULT_ACTION),
      provider: optional(object<NonNullable<AuthorizationPolicySpec['provider']>>({ name: orElse(text, '') })),
      rules: orElse(list(rule, { maxItems: MOST_RULES }), Object.freeze<AuthorizationRule[]>([])),
    },
    { atMostOne: ONE_TARGET },
  ),
  { description: 'Who may do what with workloads' },
)
