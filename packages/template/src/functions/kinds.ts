import { kindOf, typeOf } from '../engine/values.ts'
import type { TemplateFunction } from '../engine/values.ts'

export const KINDS: Readonly<Record<string, TemplateFunction>> = {
  kindOf,
  kindIs: (kind, value) => kindOf(value) === kind || (kind === 'int' && typeof value === 'bigint'),
  typeOf,
  typeIs: (type, value) => typeOf(value) === type,
  typeIsLike: (type, value) => typeOf(value) === type || `*${typeOf(value)}` === type,
  /** Nothing can be looked up without a cluster; callers that have one bring their own. */
  lookup: () => ({}),
  getHostByName: () => '',
}
