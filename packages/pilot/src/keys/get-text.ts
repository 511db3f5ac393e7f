import { lookup } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'

/** Nobody waits longer for keys, whatever a policy says. The timers of Node end at 49 days. */
const LONGEST_WAIT_MS = 60_000

/** A key set or a discovery document that is longer is none. */
const LONGEST_BODY = 1024 * 1024

/** Link-local addresses, where clouds tell machines their secrets: a policy must not make pilot ask there. */
const FORBIDDEN = new BlockList()
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4')
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6')
FORBIDDEN.addSubnet('fd00:ec2::', 32, 'ipv6')

/**
 * The body of a 200 answer. Follows no redirects; asks no link-local address, whatever name leads there. `timeoutMs` is for the
 * whole exchange, a minute at most.
 */
export function getText(url: URL, timeoutMs: number, signal: AbortSignal): Promise<Result<string, string>> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isForbidden(host)) return Promise.resolve(err(`${host} is a link-local address, which is never asked`))
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise(resolve => {
    const finish = (outcome: Result<string, string>): void => {
      resolve(outcome)
      exchange.destroy()
    }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeoutMs, LONGEST_WAIT_MS))])
    const exchange = request(url, { lookup: guardedLookup, agent: false, signal: limit, headers: { accept: 'application/json' } })
    exchange.on('error', error => finish(err(limit.aborted && !signal.aborted ? `no answer within ${timeoutMs} ms` : messageOf(error))))
    exchange.on('response', response => {
      if (response.statusCode !== 200) {
        finish(err(`answered with status ${response.statusCode ?? 0}`))
        return
      }
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > LONGEST_BODY) finish(err(`answered with more than ${LONGEST_BODY} bytes`))
        else chunks.push(chunk)
      })
      response.on('error', error => finish(err(messageOf(error))))
      response.on('end', () => finish(ok(Buffer.concat(chunks).toString('utf8'))))
    })
    exchange.end()
  })
}

function isForbidden(address: string): boolean {
  return isIP(address) !== 0 && FORBIDDEN.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Looked at when the connection is made, so that a name cannot change its mind in between. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '', 0)
      return
    }
    const allowed = addresses.filter(({ address }) => !isForbidden(address))
    const [first] = allowed
    if (first === undefined) callback(new Error(`${hostname} has only link-local addresses, which are never asked`), '', 0)
    else if (options.all === true) callback(null, allowed)
    else callback(null, first.address, first.family)
  })
}
