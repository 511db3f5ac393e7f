import { constrained, from, mapped, object, optional, orElse, type Shape } from '../shape/shape.ts'
import { anyObject, count, intOrText, listField, oneOf, text } from '../shape/values.ts'
import { DEFAULT_PATH_TYPE, NO_PORT } from './defaults.ts'
import type * as ig from './type.ts'

interface WrittenBackend {
  readonly service?: { readonly name: string; readonly port: { readonly number?: number; readonly name?: string } }
  readonly serviceName?: string
  readonly servicePort?: number | string
}

const servicePort = object<NonNullable<WrittenBackend['service']>['port']>({ number: optional(count), name: optional(text) })

const backend: Shape<ig.IngressBackend> = mapped(
  object<WrittenBackend>(
    {
      service: optional(object<NonNullable<WrittenBackend['service']>>({ name: orElse(text, ''), port: orElse(servicePort, {}) })),
      serviceName: optional(text),
      servicePort: optional(intOrText),
    },
    { open: true },
  ),
  ({ service, serviceName, servicePort: port }): ig.IngressBackend =>
    Object.freeze(
      service === undefined
        ? { service: serviceName ?? '', port: port ?? NO_PORT }
        : { service: service.name, port: service.port.number ?? service.port.name ?? NO_PORT },
    ),
)

const path = object<ig.IngressPath>({
  path: orElse(text, ''),
  pathType: orElse(oneOf('Exact', 'Prefix', 'ImplementationSpecific'), DEFAULT_PATH_TYPE),
  backend: optional(backend),
})

interface WrittenRule {
  readonly host: string
  readonly http?: { readonly paths: readonly ig.IngressPath[] }
}

const rule: Shape<ig.IngressRule> = mapped(
  object<WrittenRule>({
    host: orElse(text, ''),
    http: optional(object<NonNullable<WrittenRule['http']>>({ paths: listField(path) })),
  }),
  ({ host, http }): ig.IngressRule => Object.freeze({ host, paths: http?.paths ?? [] }),
)

interface WrittenIngress extends ig.IngressSpec {
  /** The older name of `defaultBackend`. */
  readonly olderBackend?: ig.IngressBackend
  readonly status?: unknown
}

export const ingressShape: Shape<ig.IngressSpec> = constrained(
  mapped(
    object<WrittenIngress>({
      ingressClassName: optional(text),
      defaultBackend: optional(backend),
      olderBackend: from('backend', optional(backend)),
      tls: listField(object<ig.IngressSpec['tls'][number]>({ hosts: listField(text), secretName: orElse(text, '') })),
      rules: listField(rule),
      status: optional(anyObject),
    }),
    ({ ingressClassName, defaultBackend, olderBackend, tls, rules }): ig.IngressSpec => {
      const fallback = defaultBackend ?? olderBackend
      return Object.freeze({
        ...(ingressClassName === undefined ? {} : { ingressClassName }),
        ...(fallback === undefined ? {} : { defaultBackend: fallback }),
        tls,
        rules,
      })
    },
  ),
  { description: 'Hosts and paths that lead from outside to services' },
)
