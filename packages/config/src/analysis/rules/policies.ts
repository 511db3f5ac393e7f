import type { Labels } from '../../kinds/index.ts'
import type { AnalysisContext } from '../context.ts'
import { at, entries, fields, textOf, texts, type Document } from '../document.ts'
import type { Draft, Rule } from '../finding.ts'

const POLICIES = ['AuthorizationPolicy', 'RequestAuthentication', 'PeerAuthentication'] as const
const KUBERNETES_GATEWAY = 'gateway.networking.k8s.io/gateway-name'

/** Only said where the workloads of the namespace are known. */
export const policyWithoutWorkload: Rule = {
  code: 'IST0127',
  name: 'NoMatchingWorkloadsFound',
  severity: 'warning',
  summary: 'a policy whose selector matches no workload',
  check: context =>
    selecting(context, POLICIES).flatMap(({ object, selector, path }) => {
      const { namespace } = object.meta
      const known = context.selected({}, namespace).length > 0
      if (!known || context.selected(selector, namespace).length > 0) return []
      const where = namespace === context.rootNamespace ? 'the mesh' : `the namespace '${namespace}'`
      return [
        {
          object,
          path,
          message: `no workload in ${where} has the labels ${words(selector)}`,
          remedy: 'correct the labels, or label the workloads',
        },
      ]
    }),
}

/** Pods of a Gateway of the Gateway API take policies by `targetRefs`. */
export const ineffectiveSelector: Rule = {
  code: 'IST0166',
  name: 'IneffectiveSelector',
  severity: 'warning',
  summary: 'a selector that meets a Kubernetes Gateway, which only takes policies by targetRefs',
  check: context =>
    selecting(context, ['AuthorizationPolicy', 'RequestAuthentication', 'Telemetry', 'WasmPlugin']).flatMap(
      ({ object, selector, path }) => {
        const gateway = context.selected(selector, object.meta.namespace).find(({ labels }) => KUBERNETES_GATEWAY in labels)
        if (gateway === undefined) return []
        const name = gateway.labels[KUBERNETES_GATEWAY] ?? ''
        return [
          {
            object,
            path,
            message: `the selector means pods of the Kubernetes Gateway '${name}', on which selectors have no effect`,
            remedy: `use targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ${name}}]`,
          },
        ]
      },
    ),
}

/** Policies that cannot do what they say. */
export const ineffectivePolicy: Rule = {
  code: 'IST0167',
  name: 'IneffectivePolicy',
  severity: 'warning',
  summary: 'a policy that cannot have an effect',
  check: context => [...danglingTargets(context), ...httpRulesOnTcp(context)],
}

/** A target that no object stands for. */
function danglingTargets(context: AnalysisContext): readonly Draft[] {
  return context.documentsOf('AuthorizationPolicy', 'RequestAuthentication', 'Telemetry', 'WasmPlugin').flatMap(object =>
    entries(at(object.body, 'spec', 'targetRefs')).flatMap((target, i) => {
      const [kind, name] = [textOf(at(target, 'kind')), textOf(at(target, 'name'))]
      if (context.documentsOf(kind).some(({ meta }) => meta.name === name) || isKubernetesGateway(kind, name, context)) return []
      const message = `the policy is for the ${kind} '${name}', and there is none`
      return [{ object, path: `spec.targetRefs[${i}]`, message, remedy: `create the ${kind}, correct the name, or use a selector` }]
    }),
  )
}

/** Objects of the Gateway API are not read, but the pods of its gateways carry their names. */
function isKubernetesGateway(kind: string, name: string, context: AnalysisContext): boolean {
  return kind === 'Gateway' && context.workloads.some(({ labels }) => labels[KUBERNETES_GATEWAY] === name)
}

/** Methods and paths exist in HTTP only: an ALLOW rule with them never holds on a TCP port, a DENY rule always could. */
function httpRulesOnTcp(context: AnalysisContext): readonly Draft[] {
  return context.documentsOf('AuthorizationPolicy').flatMap(object =>
    entries(at(object.body, 'spec', 'rules')).flatMap((rule, i) =>
      entries(at(rule, 'to')).flatMap((to, j) => {
        const operation = fields(at(to, 'operation'))
        const http = ['methods', 'paths', 'hosts'].find(field => entries(operation[field]).length > 0)
        const ports = entries(operation['ports']).map(textOf)
        const opaque = ports.find(port => isOpaque(Number(port), object.meta.namespace, context))
        if (http === undefined || opaque === undefined) return []
        const message = `'${http}' belongs to HTTP, and port ${opaque} speaks TCP here, so this rule never holds there`
        return [
          {
            object,
            path: `spec.rules[${i}].to[${j}].operation`,
            message,
            remedy: `remove '${http}', or declare the port as HTTP (name it 'http-…')`,
          },
        ]
      }),
    ),
  )
}

function isOpaque(port: number, namespace: string, context: AnalysisContext): boolean {
  const found = context.registry.services
    .filter(service => service.namespace === namespace)
    .flatMap(({ ports }) => ports.filter(each => (typeof each.targetPort === 'number' ? each.targetPort : each.number) === port))
  return (
    found.length > 0 &&
    found.every(({ protocol }) => protocol === 'tcp' || protocol === 'mysql' || protocol === 'redis' || protocol === 'mongo')
  )
}

/** A rule that names claims of tokens needs something that reads tokens. */
export const claimsWithoutAuthentication: Rule = {
  code: 'IST0149',
  name: 'JwtClaimBasedRoutingWithoutRequestAuthN',
  severity: 'error',
  summary: 'routing by claims of a token where no RequestAuthentication reads tokens',
  check: context =>
    context.of('VirtualService').flatMap(route =>
      route.spec.http.flatMap((http, i) =>
        http.match.flatMap((match, j) => {
          const claim = [...Object.keys(match.headers), ...Object.keys(match.withoutHeaders)].find(name =>
            name.startsWith('@request.auth.claims'),
          )
          if (claim === undefined) return []
          const unread = route.spec.gateways.find(name => !readsTokens(context.gateway(name, route)?.spec.selector, context))
          if (unread === undefined) return []
          const message = `the match uses ${claim}, but no RequestAuthentication reads tokens at the gateway '${unread}'`
          return [
            {
              object: route,
              path: `spec.http[${i}].match[${j}]`,
              message,
              remedy: `create a RequestAuthentication whose selector has the gateway's labels, in the namespace of its pods`,
            },
          ]
        }),
      ),
    ),
}

function readsTokens(gateway: Labels | undefined, context: AnalysisContext): boolean {
  if (gateway === undefined) return false
  return context.documentsOf('RequestAuthentication').some(({ body }) => {
    const selector = texts(at(body, 'spec', 'selector', 'matchLabels'))
    return Object.entries(selector).every(([key, value]) => gateway[key] === value) && entries(at(body, 'spec', 'jwtRules')).length > 0
  })
}

interface Selecting {
  readonly object: Document
  readonly selector: Labels
  readonly path: string
}

/** Objects of some kinds that have a selector. */
function selecting(context: AnalysisContext, kinds: readonly string[]): readonly Selecting[] {
  return context.documentsOf(...kinds).flatMap(object => {
    const selector = texts(at(object.body, 'spec', 'selector', 'matchLabels'))
    return Object.keys(selector).length === 0 ? [] : [{ object, selector, path: 'spec.selector.matchLabels' }]
  })
}

function words(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
