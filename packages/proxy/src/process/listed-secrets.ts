import { readFileSync, statSync } from 'node:fs'
import type { Logger } from '@meshwork/core/log'
import { formatViolation, messageOf, type Violation } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import { DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { encodeJson } from '@meshwork/protos/json'
import { parse } from 'yaml'
import { DATA_SOURCE, inlineData } from '../bootstrap/inline-data.ts'
import { parseListedName, type SecretMaterial, secretNameOf, secretType } from '../decode/index.ts'
import { SECRET_TYPE } from '@meshwork/xds/types'
import type { CertificateMaterial, SecretProvider } from '../tls/secrets.ts'

/** How often files in use are looked at for changes. */
const POLL_MS = 1_000
const MAX_BYTES = 16 * 2 ** 20
const RESPONSE_MESSAGE = 'envoy.service.discovery.v3.DiscoveryResponse'

interface ListedFile {
  readonly modifiedMs: number
  readonly secrets: ReadonlyMap<string, SecretMaterial>
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
  private readonly listeners = new Set<() => void>()
  private timer: Timer | null = null

  constructor(rest: SecretProvider, clock: Clock, log: Logger) {
    this.rest = rest
    this.clock = clock
    this.log = log
  }

  certificate(name: string): CertificateMaterial | null {
    const listed = parseListedName(name)
    if (listed === null) return this.rest.certificate(name)
    const secret = this.secretsOf(listed.source).get(listed.name)
    return secret?.kind === 'certificate' ? secret.material : null
  }

  roots(name: string): string | null {
    const listed = parseListedName(name)
    if (listed === null) return this.rest.roots(name)
    const secret = this.secretsOf(listed.source).get(listed.name)
    return secret?.kind === 'roots' ? secret.pem : null
  }

  onChange(changed: () => void): () => void {
    const stop = this.rest.onChange(changed)
    this.listeners.add(changed)
    return () => {
      stop()
      this.listeners.delete(changed)
    }
  }

  close(): void {
    this.timer?.cancel()
  }

  private secretsOf(path: string): ReadonlyMap<string, SecretMaterial> {
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
    if (changed) for (const listener of this.listeners) listener()
  }

  private read(path: string, before: ListedFile | null): ListedFile {
    const secrets = before?.secrets ?? new Map<string, SecretMaterial>()
    try {
      const { mtimeMs, size } = statSync(path)
      if (before?.modifiedMs === mtimeMs) return before
      const problems: Violation[] = []
      const found = size > MAX_BYTES ? null : secretsIn(readFileSync(path, 'utf8'), problems)
      if (found !== null) return { modifiedMs: mtimeMs, secrets: found }
      const error = size > MAX_BYTES ? `has ${size} bytes, more than ${MAX_BYTES}` : problems.map(formatViolation).join('; ')
      this.log.error('file of secrets refused', { path, error })
      return { modifiedMs: mtimeMs, secrets }
    } catch (error) {
      if (before === null) this.log.warn('file of secrets cannot be read', { path, error: messageOf(error) })
      return before ?? { modifiedMs: Number.NaN, secrets }
    }
  }
}

/** null: something is wrong with it, which is in `problems`. */
function secretsIn(text: string, problems: Violation[]): ReadonlyMap<string, SecretMaterial> | null {
  const encoded = encodeJson(RESPONSE_MESSAGE, parse(text), (typeName, value, path) =>
    typeName === DATA_SOURCE ? inlineData(value, path, problems) : value,
  )
  if (encoded.kind === 'err') problems.push(...encoded.error)
  if (encoded.kind === 'err' || problems.length > 0) return null
  const secrets = new Map<string, SecretMaterial>()
  for (const { typeUrl, value } of DiscoveryResponse.decode(encoded.value).resources) {
    if (typeUrl !== SECRET_TYPE) continue
    const secret = secretType.decode(value)
    if (secret.kind === 'ok') secrets.set(secretNameOf(value), secret.value)
    else problems.push(...secret.error)
  }
  return problems.length > 0 ? null : secrets
}
