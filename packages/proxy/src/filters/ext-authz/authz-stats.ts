import type { Slot, StatScope } from '@meshwork/core/metrics'

/** `http.<prefix>.ext_authz.<stat_prefix>.*` */
export class AuthzStats {
  private readonly scope: StatScope
  private readonly slots: Readonly<Record<'ok' | 'denied' | 'error' | 'disabled' | 'failure_mode_allowed', Slot>>

  constructor(scope: StatScope, statPrefix: string) {
    this.scope = scope
    const prefix = statPrefix === '' ? 'ext_authz.' : `ext_authz.${statPrefix}.`
    this.slots = {
      ok: scope.counter(`${prefix}ok`),
      denied: scope.counter(`${prefix}denied`),
      error: scope.counter(`${prefix}error`),
      disabled: scope.counter(`${prefix}disabled`),
      failure_mode_allowed: scope.counter(`${prefix}failure_mode_allowed`),
    }
  }

  ok(): void {
    this.scope.registry.add(this.slots.ok, 1)
  }

  denied(): void {
    this.scope.registry.add(this.slots.denied, 1)
  }

  error(): void {
    this.scope.registry.add(this.slots.error, 1)
  }

  disabled(): void {
    this.scope.registry.add(this.slots.disabled, 1)
  }

  failureAllowed(): void {
    this.scope.registry.add(this.slots.failure_mode_allowed, 1)
  }
}
