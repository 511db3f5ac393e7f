import { MeshError } from '@meshwork/core/result'
import { expect, it } from 'vitest'
import { isBootstrapStart, parseBootstrapOptions } from './command-line.ts'

it('takes the command lines that Envoy is started with', () => {
  const argv = ['-c', '/etc/envoy.yaml', '-l', 'warning', '--service-node', 'n', '--service-cluster', 'c', '--service-zone', 'z']
  expect(isBootstrapStart(argv)).toBe(true)
  const options = parseBootstrapOptions([...argv, '--drain-time-s', '7', '--concurrency', '2', '--disable-hot-restart', '--base-id', '3'])
  expect(options).toMatchObject({
    file: '/etc/envoy.yaml',
    text: null,
    node: { id: 'n', cluster: 'c', zone: 'z' },
    validateOnly: false,
    logLevel: 'warn',
    drainMs: 7000,
    stateFolder: null,
  })
  expect(options.idle.map(({ flag }) => flag)).toEqual(['--concurrency', '--base-id', '--disable-hot-restart'])
})

it('has what is not said from the bootstrap and the environment', () => {
  const options = parseBootstrapOptions(['--config-yaml', '{}', '--mode', 'validate'])
  expect(options).toMatchObject({ file: null, text: '{}', node: {}, validateOnly: true, logLevel: null, drainMs: 5000, idle: [] })
})

it.each([
  [['-c', 'x', '-l', 'loud'], "there is no log level 'loud'"],
  [['-c', 'x', '--mode', 'init_only'], "there is no mode 'init_only'"],
  [['-c', 'x', '--allow-unknown-static-fields'], 'unknown option'],
])('refuses %j', (argv, message) => {
  expect(() => parseBootstrapOptions(argv)).toThrow(MeshError)
  expect(() => parseBootstrapOptions(argv)).toThrow(message)
})
