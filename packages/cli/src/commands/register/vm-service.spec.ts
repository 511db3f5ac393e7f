import { describe, expect, it } from 'vitest'
import { checkAddress, parseNamedPort, parsePairs, sliceName } from './vm-service.ts'

describe('what register is told', () => {
  it.each([
    ['mysql:3306', { name: 'mysql', port: 3306 }],
    ['80', { name: 'http', port: 80 }],
    ['9000', { name: 'tcp-9000', port: 9000 }],
  ])('reads the port %s', (text, port) => expect(parseNamedPort(text)).toEqual(port))

  it.each(['', 'http:', 'http:70000', '0', 'HTTP:80', 'a:b:80'])('refuses the port %j', text => {
    expect(() => parseNamedPort(text)).toThrow(/is no port/)
  })

  it('reads addresses of both families only', () => {
    expect(checkAddress('fd00::1')).toBe('fd00::1')
    expect(() => checkAddress('vm.example.org')).toThrow(/is no IP address/)
  })

  it('reads pairs, several at once too', () => {
    expect(parsePairs('labels', ['a=b,c=d=e', 'f='])).toEqual({ a: 'b', c: 'd=e', f: '' })
    expect(() => parsePairs('labels', ['a'])).toThrow('--labels: ')
  })

  it('has a name for each address', () => {
    expect(sliceName('db', '10.0.0.5')).toBe('db-vm-10-0-0-5')
    expect(sliceName('db', '::1')).toMatch(/^[a-z\d]([-a-z\d]*[a-z\d])?$/)
    expect(sliceName('db', 'FD00::')).toMatch(/^[a-z\d]([-a-z\d]*[a-z\d])?$/)
  })
})
