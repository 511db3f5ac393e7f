import type { LogLevel } from '@meshwork/core/log'

/** The words of Envoy and of Istio's agent for levels of the log, as ours. */
export const LEVEL_WORDS: ReadonlyMap<string, LogLevel> = new Map([
  ['trace', 'debug'],
  ['debug', 'debug'],
  ['info', 'info'],
  ['warning', 'warn'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['critical', 'error'],
  ['fatal', 'error'],
  ['off', 'off'],
  ['none', 'off'],
])
