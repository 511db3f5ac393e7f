/** Whether an operator asked this proxy to be taken out of rotation (`/healthcheck/fail`). Read by the health check filter. */
export class ProxyHealth {
  private asked = false

  get failed(): boolean {
    return this.asked
  }

  fail(): void {
    this.asked = true
  }

  pass(): void {
    this.asked = false
  }
}
