import { Config } from '@meshwork/protos/envoy/extensions/filters/network/direct_response/v3/config'
import { inlineText } from '../../decode/data-source.ts'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import type { NetworkFilterCodec } from '../codec.ts'
import { directResponse } from './filter.ts'

const FIELDS: FieldPolicy<Config> = { read: ['response'], harmless: [] }

export const directResponseCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config',
  decode: (bytes, report) => {
    const { response, ...others } = Config.decode(bytes)
    refuseOtherFields({ response, ...others }, FIELDS, report)
    return directResponse(Buffer.from(response === undefined ? '' : inlineText(response, report.at('response'))))
  },
}
