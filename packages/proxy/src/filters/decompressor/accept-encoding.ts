/** `accept-encoding` with `encoding` at its end, and without what the client said about it. */
export function advertise(acceptEncoding: string | null, encoding: string): string {
  const others = (acceptEncoding ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '' && (item.split(';', 1)[0] ?? '').trim().toLowerCase() !== encoding)
  return [...others, encoding].join(',')
}
