import { isIP } from 'node:net'
import type { AnalysisContext } from '../context.ts'
import { at, entries, textOf, type Document } from '../document.ts'
import type { Draft, Rule } from '../finding.ts'

interface Webhook {
  readonly object: Document
  readonly name: string
  readonly client: unknown
  readonly path: string
}

/** While the service of a webhook is missing, the API server refuses or skips what it is to check. Silent where its namespace is unknown. */
export const invalidWebhook: Rule = {
  code: 'IST0139',
  name: 'InvalidWebhook',
  severity: 'error',
  summary: 'a webhook of the mesh that leads to no service',
  check: context =>
    webhooksOf(context).flatMap(({ object, name, client, path }) => {
      const service = at(client, 'service')
      const [namespace, host] = [textOf(at(service, 'namespace')), textOf(at(service, 'name'))]
      const known = context.of('Service').filter(({ meta }) => meta.namespace === namespace)
      if (host === '' || known.length === 0 || known.some(({ meta }) => meta.name === host)) return []
      const message = `the webhook '${name}' calls the service ${namespace}/${host}, which does not exist`
      return [{ object, path: `${path}.service`, message, remedy: 'install that control plane again, or delete the webhook' }]
    }),
}

export const externalControlPlane: Rule = {
  code: 'IST0163',
  name: 'InvalidExternalControlPlaneConfig',
  severity: 'warning',
  summary: 'the address of an external control plane is not an https URL',
  check: context =>
    urlsOf(context).flatMap(({ object, path, url }) => {
      const parsed = URL.parse(url)
      if (parsed?.protocol === 'https:' && parsed.hostname !== '') return []
      return [draftOf(object, path, `'${url}' is no address of a control plane`, "write 'https://host:port/path'")]
    }),
}

export const externalControlPlaneAddress: Rule = {
  code: 'IST0164',
  name: 'ExternalControlPlaneAddressIsNotAHostname',
  severity: 'info',
  summary: 'the address of an external control plane is an IP address: its certificate can hardly match',
  check: context =>
    urlsOf(context).flatMap(({ object, path, url }) => {
      const host = URL.parse(url)?.hostname.replaceAll(/^\[|\]$/g, '') ?? ''
      if (isIP(host) === 0) return []
      return [draftOf(object, path, `the control plane is named by the address ${host}`, 'use its host name, which its certificate has')]
    }),
}

function draftOf(object: Document, path: string, message: string, remedy: string): Draft {
  return { object, path, message, remedy }
}

function urlsOf(context: AnalysisContext): readonly { readonly object: Document; readonly path: string; readonly url: string }[] {
  return webhooksOf(context).flatMap(({ object, client, path }) => {
    const url = at(client, 'url')
    return url === undefined ? [] : [{ object, path: `${path}.url`, url: textOf(url) }]
  })
}

/** Webhooks of the mesh; others are nobody's business here. */
function webhooksOf(context: AnalysisContext): readonly Webhook[] {
  return context.documentsOf('MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration').flatMap(object =>
    entries(object.body['webhooks'])
      .map((webhook, i) => ({
        object,
        name: textOf(at(webhook, 'name')),
        client: at(webhook, 'clientConfig'),
        path: `webhooks[${i}].clientConfig`,
      }))
      .filter(({ name }) => name.endsWith('.istio.io') || object.meta.name.startsWith('istio-')),
  )
}
