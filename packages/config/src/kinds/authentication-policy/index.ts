import { defineKind, type KindDefinition } from '../definition.ts'
import { authenticationPolicyShape } from './schema.ts'
import { validateMeshPolicy, validatePolicy } from './validate.ts'

const place = { apiVersions: ['authentication.istio.io/v1alpha1'], body: 'spec', shape: authenticationPolicyShape } as const

export const authenticationPolicies: readonly KindDefinition[] = [
  defineKind({ ...place, kind: 'Policy', plural: 'policies', scope: 'Namespaced', validate: validatePolicy }),
  defineKind({ ...place, kind: 'MeshPolicy', plural: 'meshpolicies', scope: 'Cluster', validate: validateMeshPolicy }),
]
