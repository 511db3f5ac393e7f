import { workloadSelector } from '../shape/policy-target.ts'
import { constrained, object, optional, orElse, unused, type Shape } from '../shape/shape.ts'
import { integer, mapField, text } from '../shape/values.ts'
import type { ProxyConfigSpec } from './type.ts'

const AT_START = 'the injector sets up proxies from its template; nobody reads it afterwards'

export const proxyConfigShape: Shape<ProxyConfigSpec> = constrained(
  object<ProxyConfigSpec>({
    selector: optional(workloadSelector),
    concurrency: unused(optional(constrained(integer, { minimum: 0, maximum: 2_147_483_647 })), AT_START),
    environmentVariables: unused(mapField(constrained(text, { maxLength: 2048 })), AT_START),
    image: unused(optional(object<NonNullable<ProxyConfigSpec['image']>>({ imageType: orElse(text, '') })), AT_START),
  }),
  { description: 'Settings of the proxies of some workloads' },
)
