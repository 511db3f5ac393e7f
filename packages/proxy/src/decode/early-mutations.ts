import type { TypedExtensionConfig } from '@meshwork/protos/envoy/config/core/v3/extension'
import { HeaderMutation } from '@meshwork/protos/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation'
import type { HeaderMutations } from '../model/route.ts'
import { decodeHeaderMutations } from './header-mutations.ts'
import type { Report } from './report.ts'
import { unpack } from './unpack.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation'

/** `early_header_mutation_extensions`: one step for each mutation, because their order counts. */
export function decodeEarlyMutations(extensions: readonly TypedExtensionConfig[], report: Report): readonly HeaderMutations[] {
  return extensions.flatMap((extension, i) => {
    const inner = report.at(i, 'typed_config')
    const mutations = unpack(extension.typedConfig, TYPE, HeaderMutation, inner)?.mutations ?? []
    return mutations.flatMap(({ action }, k) => {
      if (action?.$case === 'remove') return step(inner.at('mutations', k), { requestHeadersToRemove: [action.value] })
      if (action?.$case === 'append') return step(inner.at('mutations', k), { requestHeadersToAdd: [action.value] })
      inner.at('mutations', k).refuse('unsupported-field', action === undefined ? 'must say what to do' : 'is not supported')
      return []
    })
  })
}

function step(report: Report, fields: Partial<Parameters<typeof decodeHeaderMutations>[0]>): HeaderMutations {
  return decodeHeaderMutations(
    { requestHeadersToAdd: [], requestHeadersToRemove: [], responseHeadersToAdd: [], responseHeadersToRemove: [], ...fields },
    report,
  )
}
