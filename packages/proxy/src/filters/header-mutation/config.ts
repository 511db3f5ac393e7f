import {
  HeaderMutation,
  HeaderMutationPerRoute,
  type Mutations,
} from '@meshwork/protos/envoy/extensions/filters/http/header_mutation/v3/header_mutation'
import type { HeaderMutation as ProtoMutation } from '@meshwork/protos/envoy/config/common/mutation_rules/v3/mutation_rules'
import { codecFor } from '../../decode/define-codec.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { decodeAddition } from '../../decode/header-mutations.ts'
import type { Report } from '../../decode/report.ts'
import type { HeaderMutations } from '../../model/route.ts'
import { compileEdits, type HeaderEdits } from '../../route/header-mutations.ts'
import { headerMutationBlueprint, MutationSettings } from './filter.ts'

export const headerMutationCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation',
  decode: codecFor(HeaderMutation, { read: ['mutations', 'mostSpecificHeaderMutationsWins'], harmless: [] }, (message, report) =>
    headerMutationBlueprint(readMutations(message.mutations, report.at('mutations')), message.mostSpecificHeaderMutationsWins),
  ),
  perRoute: {
    typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute',
    decode: codecFor(HeaderMutationPerRoute, { read: ['mutations'], harmless: [] }, (message, report) =>
      readMutations(message.mutations, report.at('mutations')),
    ),
  },
}

function readMutations(mutations: Mutations | undefined, report: Report): MutationSettings {
  return new MutationSettings(
    readList('request', mutations?.requestMutations ?? [], report.at('request_mutations')),
    readList('response', mutations?.responseMutations ?? [], report.at('response_mutations')),
  )
}

/** One edit each, because they apply in their order. */
function readList(direction: 'request' | 'response', mutations: readonly ProtoMutation[], report: Report): readonly HeaderEdits[] {
  return mutations.flatMap(({ action }, i) => {
    const edits = compileEdits(direction, [mutationOf(direction, action, report.at(i))])
    return edits === null ? [] : [edits]
  })
}

const PSEUDO = /^:/

function mutationOf(direction: 'request' | 'response', action: ProtoMutation['action'], report: Report): HeaderMutations {
  const none: HeaderMutations = { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [] }
  if (action?.$case === 'append') {
    const added = [decodeAddition(action.value, report.at('append'))]
    return direction === 'request' ? { ...none, requestAdd: added } : { ...none, responseAdd: added }
  }
  if (action?.$case !== 'remove') {
    report.refuse('required', 'must say what to do')
    return none
  }
  const name = action.value.toLowerCase()
  if (PSEUDO.test(name) || name === 'host') report.at('remove').refuse('bad-header-name', `'${name}' cannot be removed`)
  return direction === 'request' ? { ...none, requestRemove: [name] } : { ...none, responseRemove: [name] }
}
