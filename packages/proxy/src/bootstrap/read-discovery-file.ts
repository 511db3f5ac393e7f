import { readFileSync, statSync } from 'node:fs'
import { err, messageOf, ok, type Result, type Violation, violation } from '@meshwork/core/result'
import { DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { encodeJson } from '@meshwork/protos/json'
import { parse } from 'yaml'
import { DATA_SOURCE, inlineData } from './inline-data.ts'

/** Largest file that is read. */
const MAX_BYTES = 64 * 2 ** 20
const RESPONSE_MESSAGE = 'envoy.service.discovery.v3.DiscoveryResponse'

/** A file with a discovery response, YAML or JSON, as Envoy reads them for `path_config_source`. Every mistake is reported with its place. */
export function readDiscoveryFile(path: string): Result<DiscoveryResponse, readonly Violation[]> {
  const problems: Violation[] = []
  try {
    const { size } = statSync(path)
    if (size > MAX_BYTES) return err([violation('', 'too-large', `has ${size} bytes, more than ${MAX_BYTES}`)])
    const encoded = encodeJson(RESPONSE_MESSAGE, parse(readFileSync(path, 'utf8')), (typeName, value, place) =>
      typeName === DATA_SOURCE ? inlineData(value, place, problems) : value,
    )
    if (encoded.kind === 'err') return encoded
    return problems.length > 0 ? err(problems) : ok(DiscoveryResponse.decode(encoded.value))
  } catch (error) {
    return err([violation('', 'unreadable', messageOf(error))])
  }
}

/** When the file was changed last, in milliseconds; -1: it is not there. */
export function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1
}
