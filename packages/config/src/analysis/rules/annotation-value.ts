import { isIP } from 'node:net'
import { parse } from 'yaml'
import type { AnnotationValue } from './annotation-table.ts'

/** What is wrong with the value of an annotation; undefined if nothing is. */
export function problemOfValue(kind: AnnotationValue, value: string): string | undefined {
  const expected = EXPECTED[kind]
  return expected.holds(value.trim()) ? undefined : `'${value}' is not ${expected.words}`
}

interface Expected {
  readonly words: string
  readonly holds: (value: string) => boolean
}

const EXPECTED: Readonly<Record<AnnotationValue, Expected>> = {
  boolean: { words: "'true' or 'false'", holds: value => ['true', 'false', 'enabled', 'disabled'].includes(value) },
  ports: {
    words: "a list of ports like '80,8080', or '*'",
    holds: value => value === '*' || value === '' || value.split(',').every(isPort),
  },
  ranges: {
    words: "a list of address blocks like '10.0.0.0/8', or '*'",
    holds: value => value === '*' || value === '' || value.split(',').every(isBlock),
  },
  cidr: { words: "an address block like '10.0.0.0/8'", holds: isBlock },
  port: { words: 'a port from 0 to 65535', holds: isPort },
  count: { words: 'a whole number', holds: value => /^\d{1,9}$/.test(value) },
  interception: { words: 'REDIRECT, TPROXY or NONE', holds: value => ['REDIRECT', 'TPROXY', 'NONE'].includes(value) },
  level: {
    words: 'trace, debug, info, warning, error, critical or off',
    holds: value => ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'critical', 'off'].includes(value),
  },
  quantity: { words: "a quantity like '100m' or '128Mi'", holds: value => /^\d+(?:\.\d+)?(?:m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.test(value) },
  mapping: { words: 'YAML with the settings of a proxy', holds: isMapping },
}

const HIGHEST_PORT = 65_535

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text.trim()) && Number(text) <= HIGHEST_PORT
}

function isBlock(text: string): boolean {
  const [address = '', length = '', ...rest] = text.trim().split('/')
  const family = isIP(address)
  return family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128)
}

function isMapping(text: string): boolean {
  try {
    const value: unknown = parse(text)
    return value === null || (typeof value === 'object' && !Array.isArray(value))
  } catch {
    return false
  }
}
