import { Config } from '@meshwork/protos/envoy/extensions/filters/http/set_metadata/v3/set_metadata'
import { codecFor } from '../../decode/define-codec.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { required } from '../../decode/scalars.ts'
import { type MetadataEntry, setMetadataBlueprint } from './filter.ts'

export const setMetadataCodec: HttpFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config',
  decode: codecFor(Config, { read: ['metadataNamespace', 'value', 'metadata'], harmless: [] }, (message, report) => {
    const entries: MetadataEntry[] = message.metadata.map((entry, i) => {
      const at = report.at('metadata', i)
      if (entry.typedValue !== undefined) at.at('typed_value').refuse('unsupported-field', 'is not supported')
      return {
        namespace: required(entry.metadataNamespace, at.at('metadata_namespace')),
        overwrites: entry.allowOverwrite,
        value: entry.value ?? {},
      }
    })
    // The older way to say one of them, which always merges.
    if (message.metadataNamespace !== '')
      entries.unshift({ namespace: message.metadataNamespace, overwrites: true, value: message.value ?? {} })
    return setMetadataBlueprint(entries)
  }),
  perRoute: null,
}
