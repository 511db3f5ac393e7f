import type { SpiffeId } from '@meshwork/core/ids'
import { err, ok, type Result } from '@meshwork/core/result'
import type { SubjectAltName } from '@meshwork/core/x509'

/**
 * Whether `caller` may ask for a certificate with `names`: each must be its own identity, or one of the DNS names `allowed` to it.
 * A request without names asks for that identity. Istio 1.0 has this place but never calls it, and gives any caller any name (security.md 1.4).
 */
export function authorizeNames(names: readonly SubjectAltName[], caller: SpiffeId, allowed: readonly string[]): Result<void, string> {
  const isOwn = ({ kind, value }: SubjectAltName): boolean =>
    (kind === 'uri' && value === caller.uri) || (kind === 'dns' && allowed.includes(value))
  const foreign = names.find(name => !isOwn(name))
  return foreign === undefined ? ok(undefined) : err(`'${caller.uri}' asked for the name ${foreign.kind}:'${foreign.value}'`)
}
