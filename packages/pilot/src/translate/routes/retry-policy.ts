import type { HttpRetry } from '@meshwork/config/kinds'
import { RetryPolicy } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { packAny, typeUrl } from '@meshwork/protos/any'
import { duration } from '../envoy/duration.ts'
import { PREVIOUS_PRIORITIES } from '../envoy/messages.ts'

/** Repeats only what the application certainly never saw: Istio's conditions of today, which no longer include an answered 503. */
const DEFAULT_CONDITIONS = 'connect-failure,refused-stream,unavailable,cancelled'
const DEFAULT_RETRIES = 2
/** How often the balancer may be asked for a host that was not tried yet. */
const HOST_SELECTION_ATTEMPTS = 5n
const STATUS_CODES_CONDITION = 'retriable-status-codes'

const PREVIOUS_HOSTS = {
  name: 'envoy.retry_host_predicates.previous_hosts',
  configType: {
    $case: 'typedConfig' as const,
    // The message has no fields, so its encoding is empty.
    value: { typeUrl: typeUrl('envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate'), value: new Uint8Array() },
  },
}

const REMOTE_LOCALITIES = {
  name: 'envoy.retry_priorities.previous_priorities',
  configType: { $case: 'typedConfig' as const, value: packAny(PREVIOUS_PRIORITIES, { updateFrequency: 2 }) },
}

/**
 * undefined where the rule forbids retries (`attempts: 0`). `hashed`: the request's hash names its endpoint, so that a repetition
 * goes there again unless the rule says otherwise.
 */
export function buildRetryPolicy(retries: HttpRetry | undefined, hashed: boolean): RetryPolicy | undefined {
  if (retries === undefined) return hashed ? HASHED_DEFAULT : DEFAULT
  return retries.attempts <= 0 ? undefined : policyOf(retries, hashed)
}

function policyOf(retries: HttpRetry | undefined, hashed: boolean): RetryPolicy {
  const { conditions, statusCodes } = parseConditions(retries?.retryOn)
  const elsewhere = retries?.retryIgnorePreviousHosts ?? !hashed
  return RetryPolicy.fromPartial({
    retryOn: conditions,
    numRetries: retries?.attempts ?? DEFAULT_RETRIES,
    retriableStatusCodes: statusCodes,
    ...(retries?.perTryTimeoutMs === undefined ? {} : { perTryTimeout: duration(retries.perTryTimeoutMs) }),
    ...(retries?.backoffMs === undefined ? {} : { retryBackOff: { baseInterval: duration(retries.backoffMs) } }),
    ...(elsewhere ? { retryHostPredicate: [PREVIOUS_HOSTS] } : {}),
    ...(retries?.retryRemoteLocalities === true ? { retryPriority: REMOTE_LOCALITIES } : {}),
    hostSelectionRetryMaxAttempts: HOST_SELECTION_ATTEMPTS,
  })
}

/** Status codes may stand among the conditions (`connect-failure,503`); Envoy wants them apart. */
function parseConditions(retryOn: string | undefined): { conditions: string; statusCodes: number[] } {
  const words = (retryOn ?? '')
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '')
  if (words.length === 0) return { conditions: DEFAULT_CONDITIONS, statusCodes: [] }
  const statusCodes = words.filter(word => /^\d{3}$/.test(word)).map(Number)
  const named = words.filter(word => !/^\d+$/.test(word))
  if (statusCodes.length > 0 && !named.includes(STATUS_CODES_CONDITION)) named.push(STATUS_CODES_CONDITION)
  return { conditions: named.join(','), statusCodes }
}

/** Most routes say nothing of retries, so they share these. */
const DEFAULT = policyOf(undefined, false)
const HASHED_DEFAULT = policyOf(undefined, true)
