import type { Finding } from '@meshwork/config/analysis'
import { usage } from '../../command/values.ts'

/** A code that is not to be reported for some objects. */
export interface Suppression {
  readonly code: RegExp
  /** Of `VirtualService/reviews.default`. */
  readonly object: RegExp
}

const FORM = 'CODE=Kind/name.namespace'

/**
 * `IST0102=Namespace/shop`, `IST01*=*`, or Istio's way to write it, `IST0101=VirtualService reviews.default`. A `*` stands for any text.
 */
export function parseSuppression(text: string): Suppression {
  const equals = text.indexOf('=')
  const [code, object] = [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]
  if (equals < 0 || code === '' || object === '')
    throw usage(`--suppress: '${text}' is not of the form ${FORM}`, `--suppress "IST0102=Namespace/default"`)
  return { code: pattern(code), object: pattern(object.replace(' ', '/')) }
}

export function isSuppressed({ code, key }: Finding, suppressions: readonly Suppression[]): boolean {
  const names = key === undefined ? [''] : [`${key.kind}/${key.name}.${key.namespace}`, `${key.kind}/${key.name}`]
  return suppressions.some(each => each.code.test(code) && names.some(name => each.object.test(name)))
}

function pattern(text: string): RegExp {
  return new RegExp(`^${text.split('*').map(escape).join('.*')}$`, 'i')
}

function escape(text: string): string {
  return text.replaceAll(/[.?+^$()[\]{}|\\]/g, String.raw`\$&`)
}
