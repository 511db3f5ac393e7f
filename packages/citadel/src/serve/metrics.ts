import { trustedRoots } from '../ca/slots.ts'
import type { AuthoritySlots } from '../ca/slots.ts'
import type { Clock } from '@meshwork/core/time'
import { Counter, Gauge, Registry } from 'prom-client'

/** Values of the label `error` of `citadel_server_csr_sign_err_count`, as Istio 1.0 writes them. */
export type SignError = 'TTL_ERROR' | 'CA_NOT_READY' | 'CERT_GEN_ERROR'

/** What citadel counts, under Istio's names (security.md 1.5 and 1.7 number 6). Each instance has a registry of its own. */
export class CitadelMetrics {
  readonly registry: Registry = new Registry()
  readonly requests: Counter = this.counter('citadel_server_csr_count', 'Certificate requests received.')
  readonly authenticationFailures: Counter = this.counter(
    'citadel_server_authentication_failure_count',
    'Requests refused because the caller did not prove who it is.',
  )
  readonly unreadableRequests: Counter = this.counter(
    'citadel_server_csr_parsing_err_count',
    'Requests refused because the PKCS#10 request is malformed, wrongly signed, or has a weak key.',
  )
  readonly foreignNames: Counter = this.counter(
    'citadel_server_id_extraction_err_count',
    "Requests refused because they ask for a name that is not the caller's.",
  )
  readonly signErrors: Counter<'error'> = new Counter({
    name: 'citadel_server_csr_sign_err_count',
    help: 'Requests that were allowed but could not be signed.',
    labelNames: ['error'],
    registers: [this.registry],
  })
  readonly issued: Counter = this.counter('citadel_server_success_cert_issuance_count', 'Certificates issued.')

  constructor(slots: () => AuthoritySlots, clock: Clock) {
    const rootEndMs = (): number => Math.min(...trustedRoots(slots()).map(root => root.notAfterMs))
    const chainEndMs = (): number => slots().active.certificate.notAfterMs
    this.expiry('citadel_server_root_cert_expiry', 'root certificate', rootEndMs, clock)
    this.expiry('citadel_server_cert_chain_expiry', 'signing certificate', chainEndMs, clock)
  }

  private counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] })
  }

  private expiry(prefix: string, what: string, endMs: () => number, clock: Clock): void {
    this.gauge(`${prefix}_timestamp`, `When the ${what} expires, in seconds since the epoch.`, () => endMs() / 1000)
    this.gauge(`${prefix}_seconds`, `Seconds until the ${what} expires.`, () => (endMs() - clock.now()) / 1000)
  }

  private gauge(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.registry], collect: () => gauge.set(value()) })
  }
}
