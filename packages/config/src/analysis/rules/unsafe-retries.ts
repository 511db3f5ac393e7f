import type { HttpRoute } from '../../kinds/index.ts'
import type { Rule } from '../finding.ts'

/** Conditions under which the application may have done its work already. */
const AFTER_THE_FACT = ['5xx', 'gateway-error', 'reset', 'retriable-status-codes', 'deadline-exceeded', 'internal', 'cancelled']
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** An explicit retry policy is followed for every method, as Envoy does, so a POST may reach the application twice. */
export const unsafeRetries: Rule = {
  code: 'MESH0001',
  name: 'RetriesRepeatUnsafeRequests',
  severity: 'info',
  summary: 'a retry policy that may repeat a POST which the application has handled already',
  check: context =>
    context.of('VirtualService').flatMap(object =>
      object.spec.http.flatMap((route, i) => {
        const condition = repeats(route)
        if (condition === undefined || isSafe(route)) return []
        const message = `retryOn '${condition}' repeats requests that the application may have handled, POST among them`
        const remedy = "give requests of method GET a route of their own with these retries, or use 'connect-failure,refused-stream'"
        return [{ object, path: `spec.http[${i}].retries`, message, remedy }]
      }),
    ),
}

function repeats({ retries }: HttpRoute): string | undefined {
  if (retries === undefined || retries.attempts === 0) return undefined
  const conditions = (retries.retryOn ?? '').split(',').map(text => text.trim())
  return conditions.find(each => AFTER_THE_FACT.includes(each))
}

function isSafe({ match }: HttpRoute): boolean {
  return match.length > 0 && match.every(({ method }) => method?.kind === 'exact' && SAFE_METHODS.has(method.value))
}
