import { readText } from '@meshwork/config/file'
import { parse } from 'yaml'

/** What is wrong with the settings of a proxy, and what nobody reads. */
export interface ProxyConfigFindings {
  readonly problems: readonly string[]
  readonly unknown: readonly string[]
}

const PLACE = /^spec\.defaultConfig\./

/**
 * The annotation `proxy.istio.io/config` by the rules of the mesh's own settings. A proxy with a duration that is none would not start;
 * a field that is new to us is no reason to refuse a pod.
 */
export function checkProxyConfig(text: string): ProxyConfigFindings {
  const document = {
    apiVersion: 'meshwork.dev/v1',
    kind: 'MeshConfig',
    metadata: { name: 'istio' },
    spec: { defaultConfig: parse(text) ?? {} },
  }
  const violations = readText(JSON.stringify(document), 'annotation').rejections.flatMap(rejection => rejection.violations)
  const told = (isUnknown: boolean): readonly string[] =>
    violations
      .filter(({ code }) => (code === 'unknown-field') === isUnknown)
      .map(({ path, message }) => `${path.replace(PLACE, '')}: ${message}`)
  return { problems: told(false), unknown: told(true) }
}
