import { expect, test } from 'vitest'
import { checkLogFormat, checkLogLabels } from './log-format.ts'

function codes(format: string): readonly string[] {
  return checkLogFormat('f', format).map(({ code, message }) => `${code}: ${message}`)
}

test('what Envoy prints is accepted', () => {
  expect(codes('[%START_TIME(%Y/%m/%dT%H:%M:%S%z)%] "%REQ(:METHOD)%" 100%% %RESP(X?Y):10% %DURATION%')).toEqual([])
  expect(codes('')).toEqual([])
})

test('what it does not know is told', () => {
  expect(codes('%NOPE% %DURATION% %ALSO_NOT(x)%')).toEqual([
    'unknown-command: proxies have no command %NOPE%',
    'unknown-command: proxies have no command %ALSO_NOT%',
  ])
  expect(codes('a 100% b')).toEqual(['bad-format: no command begins at character 6'])
  expect(codes('%REQ%')).toEqual(['bad-format: %REQ% needs the name of a header'])
})

test('each text of labels has its path', () => {
  const found = checkLogLabels('labels', { a: '%PROTOCOL%', b: { c: '%NOPE%' }, d: ['%REQ()%'], e: 5 })
  expect(found.map(({ path }) => path)).toEqual(['labels.b.c', 'labels.d.0'])
})
