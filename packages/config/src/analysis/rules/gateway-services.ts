import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { GatewayServer, ObjectOf, SecretSpec } from '../../kinds/index.ts'
import { selects } from '../../registry/index.ts'
import type { AnalysisContext } from '../context.ts'
import type { Draft, Rule } from '../finding.ts'

/** Clients come through the gateway's Service; a port that it lacks is reached by nobody. Silent where the Service is not at hand. */
export const gatewayPort: Rule = {
  code: 'IST0162',
  name: 'GatewayPortNotDefinedOnService',
  severity: 'warning',
  summary: "a port of a Gateway that the gateway's Service does not open",
  check: context =>
    context.of('Gateway').flatMap(gateway => {
      const services = servicesOf(gateway, context)
      const open = new Set(services.flatMap(({ spec }) => spec.ports.flatMap(({ port, targetPort }) => [port, targetPort])))
      if (services.length === 0) return []
      return gateway.spec.servers.flatMap(({ port }, i) => {
        if (open.has(port.number)) return []
        const names = services.map(({ meta }) => meta.name).join(', ')
        const message = `port ${port.number} is not a port of the gateway's Service (${names})`
        return [
          {
            object: gateway,
            path: `spec.servers[${i}].port.number`,
            message,
            remedy: `add port ${port.number} to the Service, or use one of its ports`,
          },
        ]
      })
    }),
}

/** The Services in front of the pods that a Gateway selects. */
function servicesOf({ spec }: ObjectOf<'Gateway'>, context: AnalysisContext): readonly ObjectOf<'Service'>[] {
  const pods = context.workloads.filter(({ labels }) => selects(spec.selector, labels))
  return context
    .of('Service')
    .filter(service => pods.some(pod => pod.namespace === service.meta.namespace && selects(service.spec.selector, pod.labels)))
}

export const gatewayWithoutWorkload: Rule = {
  code: 'IST0101',
  name: 'ReferencedResourceNotFound',
  severity: 'error',
  summary: '',
  check: context =>
    context.of('Gateway').flatMap(gateway => {
      const { selector } = gateway.spec
      const known = context.workloads.some(({ labels }) => Object.keys(selector).some(key => key in labels))
      if (!known || Object.keys(selector).length === 0) return []
      if (context.workloads.some(({ labels }) => selects(selector, labels))) return []
      const written = Object.entries(selector).map(([key, value]) => `${key}=${value}`)
      const message = `there is no workload with the labels ${written.join(',')}`
      return [{ object: gateway, path: 'spec.selector', message, remedy: 'correct the selector, or label the pods of the gateway' }]
    }),
}

/** With HTTP/2, browsers reuse a connection for all hosts of its certificate, and the second gateway answers 404. */
export const duplicateCertificate: Rule = {
  code: 'IST0138',
  name: 'GatewayDuplicateCertificate',
  severity: 'warning',
  summary: 'several gateways with one certificate: HTTP/2 clients reuse the connection and get 404',
  check: context => {
    const places = context
      .of('Gateway')
      .flatMap(gateway => gateway.spec.servers.map((server, i) => ({ gateway, i, credential: credentialOf(server) })))
      .filter(({ credential }) => credential !== '')
    return places.flatMap(({ gateway, i, credential }) => {
      const rival = places.find(each => each.gateway !== gateway && each.credential === credential && sameProxies(each.gateway, gateway))
      if (rival === undefined) return []
      const { namespace, name } = rival.gateway.meta
      const message = `the gateway ${namespace}/${name} has the certificate '${credential}' too: over HTTP/2 clients reuse the connection of one for hosts of the other and get 404`
      return [
        {
          object: gateway,
          path: `spec.servers[${i}].tls`,
          message,
          remedy: 'put the hosts of both into one Gateway, or give each a certificate of its own',
        },
      ]
    })
  },
}

function sameProxies(a: ObjectOf<'Gateway'>, b: ObjectOf<'Gateway'>): boolean {
  return JSON.stringify(a.spec.selector) === JSON.stringify(b.spec.selector)
}

function credentialOf({ tls }: GatewayServer): string {
  if (tls === undefined || tls.mode === 'PASSTHROUGH' || tls.mode === 'AUTO_PASSTHROUGH') return ''
  return tls.credentialName ?? tls.serverCertificate ?? ''
}

/** A secret that is there must be good; only said where the secrets of the namespace are at hand. */
export const gatewayCredential: Rule = {
  code: 'IST0161',
  name: 'InvalidGatewayCredential',
  severity: 'error',
  summary: 'the secret of a Gateway holds no usable certificate and key',
  check: context =>
    eachCredential(context).flatMap(({ draft, secret, mutual }) => (secret === undefined ? [] : wrong(draft, secret.spec, mutual))),
}

export const missingCredential: Rule = {
  code: 'IST0101',
  name: 'ReferencedResourceNotFound',
  severity: 'error',
  summary: '',
  check: context =>
    eachCredential(context).flatMap(({ draft, secret, namespace, name }) =>
      secret !== undefined || !context.of('Secret').some(({ meta }) => meta.namespace === namespace)
        ? []
        : [
            {
              ...draft,
              message: `there is no secret '${namespace}/${name}'`,
              remedy: 'create it in the namespace of the gateway pods, with tls.crt and tls.key',
            },
          ],
    ),
}

interface Credential {
  readonly draft: Pick<Draft, 'object' | 'path'>
  readonly name: string
  readonly namespace: string
  readonly secret: ObjectOf<'Secret'> | undefined
  readonly mutual: boolean
}

function eachCredential(context: AnalysisContext): readonly Credential[] {
  return context.of('Gateway').flatMap(gateway => {
    const pods = context.workloads.filter(({ labels }) => selects(gateway.spec.selector, labels))
    const namespace = pods[0]?.namespace ?? gateway.meta.namespace
    return gateway.spec.servers.flatMap(({ tls }, i) => {
      const name = tls?.credentialName ?? ''
      if (name === '' || name.includes('://')) return []
      const secret = context.of('Secret').find(({ meta }) => meta.namespace === namespace && meta.name === name)
      const draft = { object: gateway, path: `spec.servers[${i}].tls.credentialName` }
      return [{ draft, name, namespace, secret, mutual: tls?.mode === 'MUTUAL' }]
    })
  })
}

function wrong(draft: Pick<Draft, 'object' | 'path'>, { data }: SecretSpec, mutual: boolean): readonly Draft[] {
  const reason = problemOf(data['tls.crt'] ?? data['cert'], data['tls.key'] ?? data['key'])
  if (reason !== undefined)
    return [
      {
        ...draft,
        message: `the secret cannot be used: ${reason}`,
        remedy: 'store a PEM certificate chain in tls.crt and its key in tls.key',
      },
    ]
  if (!mutual || 'ca.crt' in data || 'cacert' in data) return []
  return [
    { ...draft, message: 'the secret has no ca.crt, against which clients could be checked', remedy: 'add ca.crt, or use mode SIMPLE' },
  ]
}

function problemOf(certificate: Uint8Array | undefined, key: Uint8Array | undefined): string | undefined {
  if (certificate === undefined || certificate.length === 0) return 'it has no tls.crt'
  if (key === undefined || key.length === 0) return 'it has no tls.key'
  try {
    const pair = createPrivateKey(Buffer.from(key))
    return new X509Certificate(certificate).checkPrivateKey(pair) ? undefined : 'tls.key is not the key of tls.crt'
  } catch {
    return 'tls.crt or tls.key is not valid PEM'
  }
}
