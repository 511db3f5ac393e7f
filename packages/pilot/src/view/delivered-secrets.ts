import type { ObjectOf, ServerTlsSettings } from '@meshwork/config/kinds'
import { err, ok, type Result } from '@meshwork/core/result'
import type { ClientCredential } from '../translate/clusters/inputs.ts'
import type { ServerCredential } from '../translate/listeners/inputs.ts'
import type { SecretInputs } from '../translate/secrets/inputs.ts'
import { unusableDemand } from './tls-demands.ts'
import { keyPairOf, type Roots, rootsOf } from './secret-material.ts'

type Secret = ObjectOf<'Secret'>

const SCHEME = 'kubernetes://'
const ROOTS_SUFFIX = '-cacert'

/**
 * The Secrets that the proxies of one view are given: those of their own namespace that their configuration names. A Gateway of
 * another namespace names them too, but it is always the namespace of the proxy that they are taken from.
 */
export class DeliveredSecrets {
  private readonly byName: ReadonlyMap<string, Secret>
  private readonly absent: string | null
  private readonly used = new Map<string, SecretInputs>()

  /** null: the proxies have not proved who they are, and get none. */
  constructor(secrets: readonly Secret[] | null, namespace: string) {
    this.absent = secrets === null ? 'keys go only to proxies that have proved who they are' : null
    this.byName = new Map((secrets ?? []).filter(({ meta }) => meta.namespace === namespace).map(secret => [secret.meta.name, secret]))
  }

  /** Those that were asked for so far, by name. */
  get inputs(): readonly SecretInputs[] {
    return [...this.used.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Where a server's certificates come from; `missing` names the first that is not there or not usable. */
  serverCredential(tls: ServerTlsSettings): ServerCredential {
    const unusable = unusableDemand(tls)
    if (unusable !== null) return { kind: 'missing', reason: unusable }
    const names = namesOf(tls)
    if (names.length === 0 || tls.mode === 'ISTIO_MUTUAL') return { kind: 'files' }
    const certificates: string[] = []
    for (const name of names) {
      const certificate = this.certificate(name)
      if (certificate.kind === 'err') return { kind: 'missing', reason: certificate.error }
      certificates.push(certificate.value)
    }
    if (tls.mode === 'SIMPLE') return { kind: 'secrets', certificates, roots: null }
    const roots = this.clientRoots(tls, names[0] ?? '')
    return roots.kind === 'err' ? { kind: 'missing', reason: roots.error } : { kind: 'secrets', certificates, roots: roots.value }
  }

  /** The SDS name of a certificate with its key. */
  certificate(name: string): Result<string, string> {
    const secret = this.byName.get(name)
    if (secret === undefined) return err(this.absent ?? absent(name))
    const pair = keyPairOf(secret)
    if (pair.kind === 'err') return pair
    const resource = SCHEME + name
    this.used.set(resource, { kind: 'certificate', name: resource, ...pair.value })
    return ok(resource)
  }

  /** The SDS name of roots: a Secret `<name>-cacert`, else the roots in Secret `<name>`. */
  roots(name: string): Result<{ readonly name: string; readonly crlPem: string }, string> {
    const found = this.rootsIn(name + ROOTS_SUFFIX) ?? this.rootsIn(name)
    if (found === undefined) return err(this.absent ?? absent(name + ROOTS_SUFFIX))
    return found.kind === 'err' ? found : ok(this.useRoots(SCHEME + name + ROOTS_SUFFIX, found.value))
  }

  /** The SDS names of a certificate and of roots for calls to a server; of a Secret that is missing, the names it will have. */
  clientCredential(name: string): ClientCredential {
    const certificate = this.certificate(name)
    const roots = this.roots(name)
    return {
      certificate: certificate.kind === 'ok' ? certificate.value : SCHEME + name,
      roots: roots.kind === 'ok' ? roots.value.name : SCHEME + name + ROOTS_SUFFIX,
    }
  }

  private clientRoots(tls: ServerTlsSettings, name: string): ReturnType<DeliveredSecrets['roots']> {
    const own = tls.caCertCredentialName ?? ''
    if (own === '') return this.roots(name)
    const found = this.rootsIn(own)
    if (found === undefined) return err(this.absent ?? absent(own))
    return found.kind === 'err' ? found : ok(this.useRoots(SCHEME + own, found.value))
  }

  private rootsIn(name: string): Result<Roots, string> | undefined {
    const secret = this.byName.get(name)
    return secret === undefined ? undefined : rootsOf(secret)
  }

  private useRoots(resource: string, { pem, crlPem }: Roots): { readonly name: string; readonly crlPem: string } {
    this.used.set(resource, { kind: 'roots', name: resource, pem })
    return { name: resource, crlPem }
  }
}

function namesOf(tls: ServerTlsSettings): readonly string[] {
  return tls.credentialNames.length > 0 ? tls.credentialNames : (tls.credentialName ?? '') === '' ? [] : [tls.credentialName ?? '']
}

function absent(name: string): string {
  return `there is no Secret '${name}' in the namespace of the gateway's pods`
}
