import type { Logger } from '@meshwork/core/log'
import { formatViolation, ok, type Result, type Violation } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import { modifiedMs, readDiscoveryFile } from '../bootstrap/read-discovery-file.ts'
import { parseListedName, type SecretMaterial, secretNameOf, secretType } from '../decode/index.ts'
import { SECRET_TYPE } from '@meshwork/xds/types'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'
import { ChangeListeners, onChangeOfAny } from './change-listeners.ts'
import { HeldSecrets } from './held-secrets.ts'

/** How often files in use are looked at for changes. */
const POLL_MS = 1_000

interface ListedFile {
  readonly modifiedMs: number
  readonly secrets: HeldSecrets
}

/**
 * Secrets from files that hold a discovery response, YAML or JSON (`path_config_source`), all others from `rest`. A file is read
 * again when it changes; one that cannot be read or has a mistake keeps what it said before, and the log tells why.
 */
export class ListedSecrets implements SecretProvider {
  private readonly rest: SecretProvider
  private readonly clock: Clock
  private readonly log: Logger
  private readonly files = new Map<string, ListedFile>()
  private readonly changes = new ChangeListeners()
  private timer: Timer | null = null

  constructor(rest: SecretProvider, clock: Clock, log: Logger) {
    this.rest = rest
    this.clock = clock
    this.log = log
  }

  certificate(name: string): CertificateMaterial | null {
    const listed = parseListedName(name)
    if (listed === null) return this.rest.certificate(name)
    return this.secretsOf(listed.source).certificate(listed.name)
  }

  roots(name: string): string | null {
    const listed = parseListedName(name)
    if (listed === null) return this.rest.roots(name)
    return this.secretsOf(listed.source).roots(listed.name)
  }

  onChange(changed: () => void): () => void {
    return onChangeOfAny(changed, this.rest, this.changes)
  }

  close(): void {
    this.timer?.cancel()
  }

  private secretsOf(path: string): HeldSecrets {
    const known = this.files.get(path) ?? this.read(path, null)
    this.files.set(path, known)
    this.timer ??= this.clock.after(POLL_MS, () => this.poll())
    return known.secrets
  }

  private poll(): void {
    this.timer = this.clock.after(POLL_MS, () => this.poll())
    let changed = false
    for (const [path, before] of this.files) {
      const now = this.read(path, before)
      this.files.set(path, now)
      changed ||= now !== before
    }
    if (changed) this.changes.notify()
  }

  private read(path: string, before: ListedFile | null): ListedFile {
    const changedMs = modifiedMs(path)
    if (before?.modifiedMs === changedMs) return before
    const secrets = secretsIn(path)
    if (secrets.kind === 'ok') return { modifiedMs: changedMs, secrets: new HeldSecrets(secrets.value) }
    this.log.error('file of secrets refused', { path, error: secrets.error.map(formatViolation).join('; ') })
    return { modifiedMs: changedMs, secrets: before?.secrets ?? new HeldSecrets() }
  }
}

function secretsIn(path: string): Result<ReadonlyMap<string, SecretMaterial>, readonly Violation[]> {
  const response = readDiscoveryFile(path)
  if (response.kind === 'err') return response
  const secrets = new Map<string, SecretMaterial>()
  for (const { typeUrl, value } of response.value.resources) {
    if (typeUrl !== SECRET_TYPE) continue
    const secret = secretType.decode(value)
    if (secret.kind === 'err') return secret
    secrets.set(secretNameOf(value), secret.value)
  }
  return ok(secrets)
}
