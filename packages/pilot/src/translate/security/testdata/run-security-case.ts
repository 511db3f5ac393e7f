import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Filter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { HttpFilter } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { parseDocument, stringify } from 'yaml'
import { expandAny } from '../../../serve/expand-any.ts'
import { securitySettings } from '../../../view/security-settings.ts'
import { snapshotOf } from '../../testdata/run-case.ts'
import { buildSecurityFilters, buildSecurityNetworkFilters } from '../security-filters.ts'

interface CaseHead {
  readonly metadata: { readonly NAMESPACE: string; readonly LABELS: Readonly<Record<string, string>> }
}

/** The filters that policies become, for requests and for connections, as YAML. */
export function runSecurityCase(folder: string, name: string): string {
  const [head = '', ...rest] = readFileSync(join(folder, `${name}.in.yaml`), 'utf8').split(/^---$/m)
  const { metadata }: CaseHead = parseDocument(head).toJS()
  const target = { kind: 'sidecar' as const, namespace: metadata.NAMESPACE, labels: metadata.LABELS }
  const settings = securitySettings(target, snapshotOf(rest.join('---'), `${name}.in.yaml`))
  const http = buildSecurityFilters(settings).map(filter => expandAny(HttpFilter.toJSON(filter)))
  const network = buildSecurityNetworkFilters(settings).map(filter => expandAny(Filter.toJSON(filter)))
  return stringify({ http, network }, { lineWidth: 0, aliasDuplicateObjects: false })
}
