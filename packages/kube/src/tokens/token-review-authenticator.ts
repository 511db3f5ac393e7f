import { createHash } from 'node:crypto'
import type { Logger } from '@meshwork/core/log'
import { parseServiceAccountSubject, type ServiceAccount, type TokenAuthenticator } from '@meshwork/core/ports'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { fieldsOf, itemsOf, textOf } from '../client/fields.ts'
import type { KubeClient } from '../client/kube-client.ts'

export interface TokenReviewOptions {
  readonly client: KubeClient
  /** `aud` that tokens must be for. */
  readonly audience: string
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
}

const PATH = '/apis/authentication.k8s.io/v1/tokenreviews'
const CREATED = 201
const MAX_TOKEN_CHARS = 16_384
const ANSWER_LIMIT_MS = 10_000
/** How long an account that was vouched for counts: a pod that is deleted keeps its token for no longer. */
const KNOWN_MS = 10_000
const MOST_KNOWN = 4096
const UNREACHABLE = 'it cannot be checked now'

interface Known {
  readonly answer: Promise<Result<ServiceAccount, string>>
  readonly until: number
}

/**
 * Asks the API server whom a service-account token speaks for (TokenReview): it knows keys, expiry, and pods that are gone. State:
 * answers of the last seconds, by the hash of the token, so that a proxy that opens several streams is asked about once.
 */
export class TokenReviewAuthenticator implements TokenAuthenticator {
  private readonly options: TokenReviewOptions
  private readonly known = new Map<string, Known>()

  constructor(options: TokenReviewOptions) {
    this.options = options
  }

  async authenticate(token: string): Promise<Result<ServiceAccount, string>> {
    if (token === '') return err('it is empty')
    if (token.length > MAX_TOKEN_CHARS) return err(`longer than ${MAX_TOKEN_CHARS} characters`)
    const hash = createHash('sha256').update(token).digest('base64')
    const now = this.options.clock.monotonicMs()
    const before = this.known.get(hash)
    if (before !== undefined && now < before.until) return before.answer
    const answer = this.review(token)
    this.remember(hash, { answer, until: now + KNOWN_MS })
    const result = await answer
    // A refusal may be over in a moment: the API server was away, or an account is being made.
    if (result.kind === 'err' && this.known.get(hash)?.answer === answer) this.known.delete(hash)
    return result
  }

  /** The oldest answers make room. */
  private remember(hash: string, known: Known): void {
    this.known.delete(hash)
    this.known.set(hash, known)
    const [oldest] = this.known.keys()
    if (this.known.size > MOST_KNOWN && oldest !== undefined) this.known.delete(oldest)
  }

  private async review(token: string): Promise<Result<ServiceAccount, string>> {
    const { client, audience, log } = this.options
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences: [audience] } }
    try {
      const { status, body } = await client.create(PATH, review, AbortSignal.timeout(ANSWER_LIMIT_MS))
      if (status === CREATED) return accountOf(fieldsOf(fieldsOf(body)['status']), audience)
      log.warn('the API server does not review tokens', { status, reason: textOf(fieldsOf(body)['message']) })
    } catch (error) {
      log.warn('the API server cannot be asked about a token', { reason: messageOf(error) })
    }
    return err(UNREACHABLE)
  }
}

/** A server that knows no audiences says nothing of them, and vouches for a token that was meant for others: it is refused. */
function accountOf(
  { authenticated, audiences, user }: Readonly<Record<string, unknown>>,
  audience: string,
): Result<ServiceAccount, string> {
  if (authenticated !== true) return err('the API server does not accept it')
  if (!itemsOf(audiences).includes(audience)) return err(`it is not for '${audience}'`)
  const account = parseServiceAccountSubject(textOf(fieldsOf(user)['username']))
  return account === undefined ? err('its subject is not a service account') : ok(account)
}
