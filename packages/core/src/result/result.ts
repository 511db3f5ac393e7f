/** A value or the reason why there is none. Expected failures travel as values; exceptions mean bugs. */
export type Result<T, E> = Ok<T> | Err<E>

export interface Ok<T> {
  readonly kind: 'ok'
  readonly value: T
}

export interface Err<E> {
  readonly kind: 'err'
  readonly error: E
}

export function ok<T>(value: T): Ok<T> {
  return { kind: 'ok', value }
}

export function err<E>(error: E): Err<E> {
  return { kind: 'err', error }
}
