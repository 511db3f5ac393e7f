import { defineKind, type KindDefinition } from '../definition.ts'
import { proxyConfigShape } from './schema.ts'
import { validateProxyConfigObject } from './validate.ts'

export const proxyConfig: KindDefinition = defineKind({
  kind: 'ProxyConfig',
  apiVersions: ['networking.istio.io/v1beta1', 'networking.istio.io/v1', 'networking.istio.io/v1alpha3'],
  plural: 'proxyconfigs',
  scope: 'Namespaced',
  body: 'spec',
  shape: proxyConfigShape,
  validate: validateProxyConfigObject,
})
