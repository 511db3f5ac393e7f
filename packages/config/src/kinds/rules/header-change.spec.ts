import { expect, test } from 'vitest'
import { headerNameProblem, headerValueProblem } from './header-change.ts'

test.each([
  'plain',
  '',
  '100%%',
  '%HOSTNAME%',
  'a %REQ(X-A)% b',
  '%REQ(X-A?:PATH):5%',
  '%START_TIME(%s)%',
  '%%HOSTNAME%%',
  '%RESP(x)%%PROTOCOL%',
])('value %j', value => expect(headerValueProblem(value)).toBeUndefined())

test.each([
  '50%',
  '%hostname%',
  '%NO_SUCH%',
  '%REQ%',
  '%REQ()%',
  '%REQ(a b)%',
  '%HOSTNAME(a)%',
  '%PROTOCOL:3%',
  '%START_TIME(%s):3%',
  'a\nb',
  '%%%',
])('not value %j', value => expect(headerValueProblem(value)).toBeTypeOf('string'))

test.each([
  ['x-a', true],
  ['X_A', true],
  ['bad name', false],
  [':path', false],
  [':authority', false],
  ['Host', false],
  ['', false],
])('name %j: %s', (name, good) => expect(headerNameProblem(name) === undefined).toBe(good))
