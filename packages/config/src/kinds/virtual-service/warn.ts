import { joinPath, violation, type Violation } from '@meshwork/core/result'
import type { HttpFault, HttpRedirect, HttpRoute, VirtualServiceSpec } from './type.ts'

/** What a valid VirtualService says without effect, or that proxies are given otherwise than written. What pilot leaves out it says itself. */
export function warnVirtualService(spec: VirtualServiceSpec): readonly Violation[] {
  return spec.http.flatMap((route, i) => warnRoute(joinPath('spec.http', i), route))
}

function warnRoute(path: string, route: HttpRoute): readonly Violation[] {
  return [
    ...(route.fault === undefined ? [] : warnFault(`${path}.fault`, route.fault)),
    ...(route.redirect === undefined ? [] : warnRedirect(`${path}.redirect`, route.redirect)),
    ...warnWeight(path, route),
  ]
}

function warnFault(path: string, { delay, abort }: HttpFault): readonly Violation[] {
  const idle = 'affects no request'
  return [
    ...(delay?.percent === 0 ? [violation(`${path}.delay.percentage`, 'no-effect', `a delay of 0 percent ${idle}`)] : []),
    ...(abort?.percent === 0 && (abort.httpStatus ?? abort.grpcStatus) !== undefined
      ? [violation(`${path}.abort.percentage`, 'no-effect', `an abort of 0 percent ${idle}`)]
      : []),
  ]
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

function warnRedirect(path: string, { redirectCode }: HttpRedirect): readonly Violation[] {
  return REDIRECTS.has(redirectCode)
    ? []
    : [
        violation(
          `${path}.redirectCode`,
          'replaced',
          `${redirectCode} cannot be sent; 301 is sent instead`,
          'use 301, 302, 303, 307 or 308',
        ),
      ]
}

function warnWeight(path: string, { route }: HttpRoute): readonly Violation[] {
  const [only] = route
  return route.length === 1 && only !== undefined && only.weight !== 0 && only.weight !== 100
    ? [violation(`${path}.route[0].weight`, 'no-effect', 'the weight of a single destination does not matter')]
    : []
}
