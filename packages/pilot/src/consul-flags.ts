import { readFileSync } from 'node:fs'
import { ConsulSource } from '@meshwork/config/consul'
import type { ConfigSource } from '@meshwork/config/source'
import type { Logger } from '@meshwork/core/log'
import { MeshError, messageOf } from '@meshwork/core/result'
import { systemClock } from '@meshwork/core/time'
import { type Command, InvalidArgumentError } from 'commander'

/** Catalogues that pilot reads beside its folders. */
export interface ConsulFlags {
  readonly consulUrl?: readonly string[]
  readonly consulTokenFile?: string
}

export function addConsulFlags(command: Command): Command {
  return command
    .option('--consul-url <url>', 'read the catalogue of this Consul as well, http://host:8500; may be repeated', appendUrl)
    .option('--consul-token-file <file>', 'token to ask Consul with')
}

/** A source for each catalogue, by its URL. `trustDomain` is that of the accounts of its services. */
export function consulSources(flags: ConsulFlags, trustDomain: string, log: Logger): ReadonlyMap<string, ConfigSource> {
  const token = flags.consulTokenFile === undefined ? '' : readToken(flags.consulTokenFile)
  return new Map(
    (flags.consulUrl ?? []).map(url => [url, new ConsulSource({ url, token, trustDomain, namespace: 'default', clock: systemClock, log })]),
  )
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new MeshError('CONSUL_TOKEN', `the token for Consul cannot be read: ${messageOf(error)}`, {
      source: 'config',
      nextStep: 'name the file with --consul-token-file',
    })
  }
}

function appendUrl(text: string, previous: readonly string[] | undefined): readonly string[] {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw new InvalidArgumentError('write it like http://127.0.0.1:8500')
  return [...(previous ?? []), text.replace(/\/$/, '')]
}
