import { expect, test } from 'vitest'
import { deprecated, object, optional, unused } from '../shape/shape.ts'
import { flag, listField, map, text } from '../shape/values.ts'
import { fieldWarnings } from './field-warnings.ts'

const inner = object<{ readonly old?: string; readonly idle?: boolean; readonly good?: string }>({
  old: deprecated(optional(text), "write 'good'"),
  idle: unused(optional(flag), 'we have none'),
  good: optional(text),
})
const shape = object<{ readonly list: readonly unknown[]; readonly map?: unknown }>({ list: listField(inner), map: optional(map(inner)) })

test('what is set is told with its path, what is not set is not', () => {
  expect(fieldWarnings(shape.schema, { list: [{ good: 'a' }, { old: 'b' }], map: { 'a.b': { idle: false } } }, 'spec')).toEqual([
    { path: 'spec.list[1].old', code: 'deprecated-field', message: 'is deprecated', hint: "write 'good'" },
    { path: 'spec.map.a.b.idle', code: 'no-effect', message: 'has no effect here: we have none' },
  ])
  expect(fieldWarnings(shape.schema, { list: [] }, 'spec')).toEqual([])
})
