import type { SpiffeId } from '@meshwork/core/ids'
import { err, ok, type Result } from '@meshwork/core/result'

/** DNS names that few accounts have in their certificates beside their identity, by `namespace/account`. Exact, no patterns. */
export type ControlPlaneNames = ReadonlyMap<string, readonly string[]>

/** Those that `identity` has; nobody else has any. */
export function namesOf(names: ControlPlaneNames, { namespace, serviceAccount }: SpiffeId): readonly string[] {
  return names.get(`${namespace}/${serviceAccount}`) ?? []
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const ACCOUNT = new RegExp(`^${LABEL}/${LABEL}(?:\\.${LABEL})*$`)
const DNS_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`)

/** Reads `istio-system/istiod=istiod.istio-system.svc,…` and adds it to what was read before. */
export function parseNamesOf(text: string, before: ControlPlaneNames): Result<ControlPlaneNames, string> {
  const [account = '', list, ...rest] = text.split('=')
  const names = list?.split(',') ?? []
  if (!ACCOUNT.test(account) || names.length === 0 || rest.length > 0)
    return err(`'${text}' is not of the form namespace/account=name,name`)
  const wrong = names.find(name => !DNS_NAME.test(name))
  if (wrong !== undefined) return err(`'${wrong}' is not a DNS name`)
  return ok(new Map([...before, [account, [...new Set([...(before.get(account) ?? []), ...names])]]]))
}
