import {
  Config,
  type Config_KeyValuePair,
  type Config_Rule,
  Config_ValueEncode,
  Config_ValueType,
} from '@meshwork/protos/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata'
import { RE2JS } from 're2js'
import { codecFor } from '../../decode/define-codec.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { FieldPolicy } from '../../decode/field-policy.ts'
import type { Report } from '../../decode/report.ts'
import { regexText, required } from '../../decode/scalars.ts'
import { headerToMetadataBlueprint, type MetadataRule, MetadataRules, type MetadataTarget } from './filter.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config'
const FIELDS: FieldPolicy<Config> = { read: ['requestRules', 'responseRules'], harmless: [] }

export const headerToMetadataCodec: HttpFilterCodec = {
  typeUrl: TYPE,
  decode: codecFor(Config, FIELDS, (message, report) => headerToMetadataBlueprint(readConfig(message, report))),
  perRoute: { typeUrl: TYPE, decode: codecFor(Config, FIELDS, readConfig) },
}

function readConfig(config: Config, report: Report): MetadataRules {
  return new MetadataRules(
    config.requestRules.map((rule, i) => readRule(rule, report.at('request_rules', i))),
    config.responseRules.map((rule, i) => readRule(rule, report.at('response_rules', i))),
  )
}

function readRule(rule: Config_Rule, report: Report): MetadataRule {
  if ((rule.header === '') === (rule.cookie === '')) report.refuse('required', 'must name a header or a cookie')
  if (rule.onHeaderPresent === undefined && rule.onHeaderMissing === undefined)
    report.refuse('required', 'must say what to do when it is present or missing')
  if (rule.cookie !== '' && rule.remove) report.at('remove').refuse('unsupported-value', 'cookies cannot be removed')
  return {
    header: rule.header.toLowerCase(),
    cookie: rule.cookie,
    present: rule.onHeaderPresent === undefined ? null : readTarget(rule.onHeaderPresent, report.at('on_header_present')),
    missing: rule.onHeaderMissing === undefined ? null : readTarget(rule.onHeaderMissing, report.at('on_header_missing')),
    removes: rule.remove,
  }
}

const TYPES: ReadonlyMap<number, MetadataTarget['type']> = new Map([
  [Config_ValueType.STRING, 'string'],
  [Config_ValueType.NUMBER, 'number'],
  [Config_ValueType.PROTOBUF_VALUE, 'protobuf'],
])

function readTarget(pair: Config_KeyValuePair, report: Report): MetadataTarget {
  const type = TYPES.get(pair.type)
  if (type === undefined || type === 'protobuf') report.at('type').refuse('unsupported-value', 'must be STRING or NUMBER')
  const rewrite = pair.regexValueRewrite
  return {
    // The filter's own name is the default.
    namespace: pair.metadataNamespace || 'envoy.filters.http.header_to_metadata',
    key: required(pair.key, report.at('key')),
    value: pair.value,
    type: type ?? 'string',
    decodesBase64: pair.encode === Config_ValueEncode.BASE64,
    rewrite:
      rewrite === undefined
        ? null
        : compileRewrite(rewrite.pattern?.regex ?? '', rewrite.substitution, report.at('regex_value_rewrite', 'pattern', 'regex')),
  }
}

/** RE2 with `\1` for groups, as Envoy writes them. */
function compileRewrite(pattern: string, substitution: string, report: Report): (text: string) => string {
  const known = report.violations.length
  regexText(pattern, report)
  if (report.violations.length > known) return text => text
  const compiled = RE2JS.compile(pattern)
  const replacement = substitution.replaceAll('$', String.raw`\$`).replaceAll(/\\(\d)/g, '$$$1')
  return text => compiled.matcher(text).replaceAll(replacement)
}
