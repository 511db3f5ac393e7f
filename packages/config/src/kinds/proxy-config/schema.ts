import { workloadSelector } from '../shape/policy-target.ts'
import { constrained, object, optional, orElse, unused, type Shape } from '../shape/shape.ts'
import { integer, mapField, text } from '../shape/values.ts'
import type { ProxyConfigSpec } from './type.ts'

const ONE_IMAGE = 'there is one image of the proxy; sidecar.istio.io/proxyImage on a pod names another'

export const proxyConfigShape: Shape<ProxyConfigSpec> = constrained(
  object<ProxyConfigSpec>({
    selector: optional(workloadSelector),
    concurrency: optional(constrained(integer, { minimum: 0, maximum: 2_147_483_647 })),
    environmentVariables: mapField(constrained(text, { maxLength: 2048 })),
    image: unused(optional(object<NonNullable<ProxyConfigSpec['image']>>({ imageType: orElse(text, '') })), ONE_IMAGE),
  }),
  { description: 'Settings of the proxies of some workloads' },
)
