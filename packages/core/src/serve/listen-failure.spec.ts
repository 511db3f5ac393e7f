import { expect, it } from 'vitest'
import { listenFailure } from './listen-failure.ts'

it('names the address in use and the flag that chooses another one', () => {
  const failure = listenFailure(
    new Error('No address added: [listen EADDRINUSE: ...]'),
    { kind: 'tcp', host: '::1', port: 80 },
    '--address',
  )
  expect(failure).toMatchObject({
    code: 'PORT_IN_USE',
    source: 'config',
    message: '[::1]:80 is in use by another process',
    nextStep: 'stop the process that listens on [::1]:80, or choose another address with --address',
  })
})

it('passes on any other reason of the system', () => {
  const error = new Error('listen EACCES: permission denied')
  expect(listenFailure(error, { kind: 'tcp', host: '127.0.0.1', port: 80 }, '--address')).toMatchObject({
    code: 'LISTEN_FAILED',
    message: 'cannot listen on 127.0.0.1:80: listen EACCES: permission denied',
    nextStep: 'choose another address with --address',
  })
  expect(listenFailure(error, { kind: 'unix', path: '/x/sock' }, '--work-dir').nextStep).toBe(
    'choose a folder that exists and is writable with --work-dir',
  )
})
