import type { ValueType } from './value-type.ts'

/** `T`: any type, the same at all its places in one signature. */
export type ParameterType = ValueType | 'T'

export interface FunctionSignature {
  readonly name: string
  /** Set for methods: the type of what stands before the dot. */
  readonly target: ParameterType | undefined
  readonly params: readonly ParameterType[]
  readonly returns: ParameterType
}

function fn(name: string, params: readonly ParameterType[], returns: ParameterType): FunctionSignature {
  return { name, target: undefined, params, returns }
}

function method(name: string, target: ParameterType, params: readonly ParameterType[], returns: ParameterType): FunctionSignature {
  return { name, target, params, returns }
}

/** Every operator and function of the language (mixer.md 4.4). */
export const SIGNATURES: readonly FunctionSignature[] = [
  fn('EQ', ['T', 'T'], 'BOOL'),
  fn('NEQ', ['T', 'T'], 'BOOL'),
  fn('OR', ['T', 'T'], 'T'),
  fn('LOR', ['BOOL', 'BOOL'], 'BOOL'),
  fn('LAND', ['BOOL', 'BOOL'], 'BOOL'),
  fn('INDEX', ['STRING_MAP', 'STRING'], 'STRING'),
  fn('ADD', ['T', 'T'], 'T'),
  fn('ip', ['STRING'], 'IP_ADDRESS'),
  fn('timestamp', ['STRING'], 'TIMESTAMP'),
  fn('dnsName', ['STRING'], 'DNS_NAME'),
  fn('email', ['STRING'], 'EMAIL_ADDRESS'),
  fn('uri', ['STRING'], 'URI'),
  fn('match', ['STRING', 'STRING'], 'BOOL'),
  method('matches', 'STRING', ['STRING'], 'BOOL'),
  method('startsWith', 'STRING', ['STRING'], 'BOOL'),
  method('endsWith', 'STRING', ['STRING'], 'BOOL'),
  fn('emptyStringMap', [], 'STRING_MAP'),
  fn('conditionalString', ['BOOL', 'STRING', 'STRING'], 'STRING'),
  fn('conditional', ['BOOL', 'T', 'T'], 'T'),
]

export type FunctionTable = ReadonlyMap<string, FunctionSignature>

export const FUNCTION_TABLE: FunctionTable = new Map(SIGNATURES.map(signature => [signature.name, signature]))
