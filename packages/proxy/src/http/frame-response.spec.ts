import { expect, test } from 'vitest'
import { fieldLines } from '../http1/encode.ts'
import { CHUNKED, FRAMED, frameResponse, UNTIL_CLOSE } from './frame-response.ts'
import { HeaderTable } from './header-table.ts'

test.each([
  { of: 'a body', status: 200, method: 'GET', http11: true, bodiless: false, frame: CHUNKED, says: '\r\ntransfer-encoding: chunked' },
  { of: 'a body over HTTP/1.0', status: 200, method: 'GET', http11: false, bodiless: false, frame: UNTIL_CLOSE, says: '' },
  { of: 'no body', status: 200, method: 'GET', http11: true, bodiless: true, frame: FRAMED, says: '\r\ncontent-length: 0' },
  { of: 'HEAD', status: 200, method: 'HEAD', http11: true, bodiless: true, frame: FRAMED, says: '\r\ntransfer-encoding: chunked' },
  { of: '204', status: 204, method: 'GET', http11: true, bodiless: true, frame: FRAMED, says: '' },
  { of: '304', status: 304, method: 'GET', http11: true, bodiless: true, frame: FRAMED, says: '' },
  { of: 'an interim answer', status: 103, method: 'GET', http11: true, bodiless: true, frame: FRAMED, says: '' },
])('$of', ({ status, method, http11, bodiless, frame, says }) => {
  const headers = new HeaderTable()
  expect(frameResponse(headers, status, method, http11, bodiless)).toBe(frame)
  expect(fieldLines(headers, 'lower')).toBe(says)
})

test('a length that is there stays', () => {
  const headers = new HeaderTable()
  headers.append('content-length', '5')
  expect(frameResponse(headers, 200, 'GET', true, false)).toBe(FRAMED)
  expect(fieldLines(headers, 'lower')).toBe('\r\ncontent-length: 5')
})
